// A call that is answered at once: one message in, one message or status out.
#ifndef MILLIJOULE_SERVER_GRPC_UNARY_CALL_H_
#define MILLIJOULE_SERVER_GRPC_UNARY_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "server/grpc/call_metadata.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/grpc_status.h"

namespace mj {

// Who may call. The keys outlive all calls.
struct CallGuard {
  const ApiKeys& keys;
  bool operators_only = false;
};

// Service: an AsyncService, which outlives all calls.
template <class Service, class Message, class Response>
class UnaryCall final : public Call {
 public:
  // Service::RequestX, which waits for a call of method X.
  using Method = void (Service::*)(grpc::ServerContext*, Message*,
                                   grpc::ServerAsyncResponseWriter<Response>*,
                                   grpc::CompletionQueue*,
                                   grpc::ServerCompletionQueue*, void*);
  // Runs on the queue's thread, for callers whom the guard lets pass.
  using Handler = std::function<absl::StatusOr<Response>(const Message&)>;

  // Has `queue` wait for one more call; each arrival asks for the next.
  static void Listen(Service& service, const CallGuard& guard, CallQueue& queue,
                     Method method, Handler handler) {
    auto call = std::make_shared<UnaryCall>(service, guard, queue, method,
                                            std::move(handler));
    UnaryCall& self = *call;
    queue.Keep(std::move(call));
    (service.*method)(&self.call_, &self.message_, &self.writer_, queue.queue(),
                      queue.queue(), &self.on_accepted_);
  }

  UnaryCall(Service& service, const CallGuard& guard, CallQueue& queue,
            Method method, Handler handler)
      : service_(service),
        guard_(guard),
        queue_(queue),
        method_(method),
        handler_(std::move(handler)),
        on_accepted_([this](bool ok) { OnAccepted(ok); }),
        on_finished_([this](bool) { queue_.Release(*this); }) {}

 private:
  void OnAccepted(bool ok) {
    if (!ok) return queue_.Release(*this);  // the server is shutting down
    Listen(service_, guard_, queue_, method_, handler_);
    EchoRequestId(call_);
    if (auto response = Answer(); response.ok()) {
      writer_.Finish(*response, grpc::Status::OK, &on_finished_);
    } else {
      writer_.FinishWithError(ToGrpcStatus(response.status()), &on_finished_);
    }
  }

  absl::StatusOr<Response> Answer() {
    absl::Status allowed = guard_.operators_only
                               ? CheckOperator(call_, guard_.keys)
                               : TenantOf(call_, guard_.keys).status();
    if (!allowed.ok()) return allowed;
    return handler_(message_);
  }

  Service& service_;
  const CallGuard guard_;
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
