// The gRPC side of the process: millijoule.v1.Inference, millijoule.v1.Energy,
// grpc.health.v1.Health and reflection on one port.
//
// Health: "" says that the process lives; the full names of the first two say
// whether it takes requests. Health and reflection are open to all; the rest
// asks for an API key where keys are on.
// Threads: a few that sleep until something happens, and gRPC's own.
#ifndef MILLIJOULE_SERVER_GRPC_GRPC_SERVER_H_
#define MILLIJOULE_SERVER_GRPC_GRPC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "server/api_keys.h"
#include "server/metrics.h"
#include "server/request_log.h"

namespace mj {

struct GrpcOptions {
  std::string address = "127.0.0.1:50051";  // port 0: any free one
  int max_message_bytes = 64 << 20;
  // Two, so that the tokenization of one huge prompt does not halt every
  // stream.
  int num_threads = 2;
};

class GrpcServer final {
 public:
  // Listens, NOT_SERVING at first. What it is given must outlive it;
  // `keys` may be null: everybody is the tenant `default`.
  // UNAVAILABLE: the address cannot be listened on; names it.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const GrpcOptions& options, Engine& engine, Metrics& metrics,
      RequestLog& log, const ApiKeys* keys);
  ~GrpcServer();  // Shutdown without a drain

  // Readiness, as health tells it. Requests are taken either way. Any thread.
  void SetServing(bool serving);

  // Says NOT_SERVING, refuses new work with UNAVAILABLE, waits
  // until the others have ended or `drain` is over, cancels what is left.
  void Shutdown(Seconds drain);

  int port() const;

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_GRPC_SERVER_H_
