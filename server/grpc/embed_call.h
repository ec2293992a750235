// An Embed call: its one message comes with the last delta.
#ifndef MILLIJOULE_SERVER_GRPC_EMBED_CALL_H_
#define MILLIJOULE_SERVER_GRPC_EMBED_CALL_H_

#include <grpcpp/support/async_unary_call.h>

#include "server/grpc/engine_call.h"

namespace mj {

class EmbedCall final : public EngineCall {
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

  v1::EmbedRequest message_;
  v1::EmbedResponse response_;
  grpc::ServerAsyncResponseWriter<v1::EmbedResponse> writer_{&call()};
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_EMBED_CALL_H_
