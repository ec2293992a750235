// Where a call comes from, as its headers (gRPC: metadata) say: what a log line
// carries so that others find it again.
#ifndef MILLIJOULE_SERVER_CALL_ORIGIN_H_
#define MILLIJOULE_SERVER_CALL_ORIGIN_H_

#include <optional>
#include <string>
#include <string_view>

namespace mj {

struct CallOrigin {
  std::string transport;   // "http" or "grpc"
  std::string request_id;  // `x-request-id`, the client's or ours; may be ""
  std::string trace_id;    // of `traceparent`; "" without a valid one
};

// Whether `id` is fit for a header and a log line: 1 to 128 visible ASCII
// characters.
bool IsRequestId(std::string_view id);

// The trace id of a `traceparent` (W3C Trace Context, level 1): 32 lower-case
// hexadecimal digits; nothing where the header breaks its grammar.
std::optional<std::string> TraceIdOf(std::string_view traceparent);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_CALL_ORIGIN_H_
