// What carries requests to a server and replies back.
#ifndef MILLIJOULE_BENCH_LOAD_TRANSPORT_H_
#define MILLIJOULE_BENCH_LOAD_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "bench/load/prompts.h"
#include "bench/load/reply.h"
#include "bench/load/target.h"

namespace boost::asio {
class io_context;
}

namespace mj {

// One thread, that of the event loop, owns a transport and all its calls.
class Transport {
 public:
  using Done = std::function<void(Reply)>;

  virtual ~Transport() = default;
  // Calls `done` once, later, from the event loop, whatever happens; never
  // from within Start.
  virtual void Start(const Prompt& prompt, int output_tokens, Done done) = 0;
  // All that is in flight ends soon, with some error.
  virtual void Cancel() = 0;
  // Parts with text that have come so far, of all replies.
  virtual int64_t parts() const = 0;
  // Kept connections that had been closed by the server when a request came,
  // and were replaced.
  virtual int reconnects() const { return 0; }
};

// Errors of a reply, beside those of reply_check.h:
//   connect_refused, connect_timeout, connect_failed; resolve_failed
//   too_many_open_files  a limit of this host's
//   tls_untrusted        a certificate of no known authority, or another's name
//   tls_failed           no TLS spoken there, or no version in common
//   connection_lost      reset or ended within a reply
//   timeout              the style's
//   http_NNN             a status other than 200
//   not_streaming        200, but no text/event-stream
//   content_encoding     one that was not asked for
//   malformed_http       no HTTP at all
// Connections are kept and used again; there are as many as requests in
// flight. A request is sent again only where the server cannot have seen it:
// it had closed the kept connection before.
std::unique_ptr<Transport> MakeHttpTransport(boost::asio::io_context& context,
                                             const Target& target,
                                             const RequestStyle& style);

// millijoule.v1.Inference/Generate. Errors: grpc_CODE ("grpc_UNAVAILABLE"),
// timeout, and those of Disagreement(); tokens are always counted exactly.
std::unique_ptr<Transport> MakeGrpcTransport(boost::asio::io_context& context,
                                             const Target& target,
                                             const RequestStyle& style);

// The body of GET `path` of an HTTP target, within 5 s. UNAVAILABLE says why
// there is none.
absl::StatusOr<std::string> HttpGet(const Target& target,
                                    const RequestStyle& style,
                                    const std::string& path);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_TRANSPORT_H_
