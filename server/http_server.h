// The HTTP side of the process: one network thread for all connections, two
// workers for what would hold it up (JSON, tokenizing, templates).
#ifndef MILLIJOULE_SERVER_HTTP_SERVER_H_
#define MILLIJOULE_SERVER_HTTP_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"
#include "server/api.h"
#include "server/logging.h"

namespace mj {

struct HttpOptions {
  std::string address = "127.0.0.1:8080";  // "[::1]:8080"; port 0: a free one
  int64_t max_body_bytes = int64_t{16} << 20;
  std::string allow_origin;  // CORS: an origin or "*"; "": none
  int max_header_bytes = 64 << 10;
  Seconds head_timeout{15};   // of a connection's first request
  Seconds idle_timeout{75};   // of the next ones, kept alive
  Seconds body_timeout{120};  // from the head to the body's end
  Seconds write_timeout{30};  // a client that takes nothing for this long
};

class HttpServer final {
 public:
  // Listens and starts to serve. `api` and `log` must outlive it.
  // INVALID_ARGUMENT: no address. UNAVAILABLE: it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const HttpOptions& options, Api& api, Logger& log);
  // Drops all connections; their generations are cancelled.
  ~HttpServer();

  int port() const;
  // Requests read whole and not yet answered, or not yet ended by the engine.
  int active_calls() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_SERVER_H_
