#include "server/grpc/embed_call.h"

#include "server/grpc/generate_request.h"
#include "server/grpc/generate_response.h"

namespace mj {

void EmbedCall::Await(Event* arrived) {
  context().service.RequestEmbed(&call(), &message_, &writer_, queue().queue(),
                                 queue().queue(), arrived);
}

void EmbedCall::ListenAgain() { Listen<EmbedCall>(context(), queue()); }

absl::StatusOr<Request> EmbedCall::TakeRequest() {
  auto request = ToRequest(message_, context().engine.model());
  message_.Clear();
  return request;
}

bool EmbedCall::Pass(const Delta& delta, Event*) {
  response_.mutable_embedding()->Add(delta.embedding.begin(),
                                     delta.embedding.end());
  return false;
}

void EmbedCall::PassLast(const Delta& last, const grpc::Status& status,
                         Event* written) {
  if (!status.ok()) return Reject(status, written);
  Pass(last, written);
  *response_.mutable_summary() = SummaryOf(request_id(), last);
  writer_.Finish(response_, status, written);
}

void EmbedCall::Reject(const grpc::Status& status, Event* written) {
  writer_.FinishWithError(status, written);
}

}  // namespace mj
