// What a call's headers (gRPC: metadata) say of its budget and its targets.
//
//   x-millijoule-max-joules   joules that the whole call may cost
//   x-llm-d-slo-ttft-ms       wanted time to the first token, as gateways of
//   x-llm-d-slo-tpot-ms       llm-d send it, and time a token after it
#ifndef MILLIJOULE_SERVER_REQUEST_HEADERS_H_
#define MILLIJOULE_SERVER_REQUEST_HEADERS_H_

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "engine/request/request.h"

namespace mj {

// A header's value by its lower-case name; "" where it is absent.
using FindHeader = std::function<std::string_view(std::string_view name)>;

// Where the request says something itself, the tighter holds.
// INVALID_ARGUMENT names the header: its value is not a number above 0.
absl::Status ReadRequestHeaders(const FindHeader& find, Request& request);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_REQUEST_HEADERS_H_
