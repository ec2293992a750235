#include "server/grpc/generate_call.h"

#include "server/grpc/generate_request.h"

namespace mj {

void GenerateCall::Await(Event* arrived) {
  context().service.RequestGenerate(&call(), &message_, &stream_,
                                    queue().queue(), queue().queue(), arrived);
}

void GenerateCall::ListenAgain() { Listen<GenerateCall>(context(), queue()); }

absl::StatusOr<Request> GenerateCall::TakeRequest() {
  auto request = ToRequest(message_, context().engine.model());
  message_.Clear();
  return request;
}

v1::GenerateResponse GenerateCall::Next(const Delta& delta) {
  if (!writer_) {
    writer_.emplace(request_id(), *context().engine.model().tokenizer);
  }
  return writer_->Next(delta);
}

bool GenerateCall::Pass(const Delta& delta, Event* written) {
  stream_.Write(Next(delta), written);
  return true;
}

void GenerateCall::PassLast(const Delta& last, const grpc::Status& status,
                            Event* written) {
  stream_.WriteAndFinish(Next(last), grpc::WriteOptions(), status, written);
}

void GenerateCall::Reject(const grpc::Status& status, Event* written) {
  stream_.Finish(status, written);
}

}  // namespace mj
