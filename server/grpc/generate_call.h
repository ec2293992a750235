// A Generate call: deltas become messages of its stream.
#ifndef MILLIJOULE_SERVER_GRPC_GENERATE_CALL_H_
#define MILLIJOULE_SERVER_GRPC_GENERATE_CALL_H_

#include <grpcpp/support/async_stream.h>

#include <optional>

#include "server/grpc/engine_call.h"
#include "server/grpc/generate_response.h"

namespace mj {

class GenerateCall final : public EngineCall {
 public:
  using EngineCall::EngineCall;

 private:
  void Await(Event* arrived) override;
  void ListenAgain() override;
  absl::StatusOr<Request> TakeRequest() override;
  bool Pass(const Delta& delta, Event* written) override;
  void PassLast(const Delta& last, const grpc::Status& status,
                Event* written) override;
  void Reject(const grpc::Status& status, Event* written) override;

  v1::GenerateResponse Next(const Delta& delta);

  v1::GenerateRequest message_;
  grpc::ServerAsyncWriter<v1::GenerateResponse> stream_{&call()};
  std::optional<ResponseWriter> writer_;  // from the first delta on
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_GENERATE_CALL_H_
