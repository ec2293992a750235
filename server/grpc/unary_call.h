// A call that is answered at once: one message in, one message or status out.
#ifndef MILLIJOULE_SERVER_GRPC_UNARY_CALL_H_
#define MILLIJOULE_SERVER_GRPC_UNARY_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <memory>

#include "absl/status/statusor.h"
#include "server/grpc/call_metadata.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/grpc_status.h"
#include "server/grpc/inference_context.h"

namespace mj {

template <class Message, class Response>
class UnaryCall final : public Call {
 public:
  // AsyncService::RequestX, which waits for a call of method X.
  using Method = void (v1::Inference::AsyncService::*)(
      grpc::ServerContext*, Message*,
      grpc::ServerAsyncResponseWriter<Response>*, grpc::CompletionQueue*,
      grpc::ServerCompletionQueue*, void*);
  // Runs on the queue's thread, for callers whose API key is good.
  using Handler = absl::StatusOr<Response> (*)(const Message&, const Engine&);

  // Has `queue` wait for one more call; each arrival asks for the next.
  static void Listen(InferenceContext& context, CallQueue& queue, Method method,
                     Handler handler) {
    auto call = std::make_shared<UnaryCall>(context, queue, method, handler);
    UnaryCall& self = *call;
    queue.Keep(std::move(call));
    (context.service.*method)(&self.call_, &self.message_, &self.writer_,
                              queue.queue(), queue.queue(), &self.on_accepted_);
  }

  UnaryCall(InferenceContext& context, CallQueue& queue, Method method,
            Handler handler)
      : context_(context),
        queue_(queue),
        method_(method),
        handler_(handler),
        on_accepted_([this](bool ok) { OnAccepted(ok); }),
        on_finished_([this](bool) { queue_.Release(*this); }) {}

 private:
  void OnAccepted(bool ok) {
    if (!ok) return queue_.Release(*this);  // the server is shutting down
    Listen(context_, queue_, method_, handler_);
    EchoRequestId(call_);
    if (auto response = Answer(); response.ok()) {
      writer_.Finish(*response, grpc::Status::OK, &on_finished_);
    } else {
      writer_.FinishWithError(ToGrpcStatus(response.status()), &on_finished_);
    }
  }

  absl::StatusOr<Response> Answer() {
    auto tenant = TenantOf(call_, context_.keys);
    if (!tenant.ok()) return tenant.status();
    return handler_(message_, context_.engine);
  }

  InferenceContext& context_;
  CallQueue& queue_;
  const Method method_;
  const Handler handler_;
  grpc::ServerContext call_;
  Message message_;
  grpc::ServerAsyncResponseWriter<Response> writer_{&call_};
  Event on_accepted_, on_finished_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_UNARY_CALL_H_
