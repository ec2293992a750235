// A call that asks something of the engine, from its arrival to its status,
// whatever its messages are.
//
// The engine's signal reaches the call through its queue's mailbox, so all of
// this runs on the queue's thread. One write is in flight at the most; while
// the client is slow, deltas merge in the response channel. A call that the
// client leaves stays until the engine has said its last word, for metrics.
#ifndef MILLIJOULE_SERVER_GRPC_ENGINE_CALL_H_
#define MILLIJOULE_SERVER_GRPC_ENGINE_CALL_H_

#include <grpcpp/server_context.h>

#include <map>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/inference_context.h"

namespace mj {

class EngineCall : public Call,
                   public std::enable_shared_from_this<EngineCall> {
 public:
  // Has `queue` wait for one more call of Kind, a class derived from this one
  // with the same constructor; each arrival asks for the next.
  template <class Kind>
  static void Listen(InferenceContext& context, CallQueue& queue) {
    auto call = std::make_shared<Kind>(context, queue);
    EngineCall& self = *call;
    queue.Keep(std::move(call));
    self.call_.AsyncNotifyWhenDone(&self.on_done_);
    self.Await(&self.on_accepted_);
  }

  EngineCall(InferenceContext& context, CallQueue& queue);

 protected:
  // Asks the service for a call, whose arrival is the event `arrived`.
  virtual void Await(Event* arrived) = 0;
  virtual void ListenAgain() = 0;
  // What the message asks for, ids and whom it is for left open. The message
  // is not read again.
  virtual absl::StatusOr<Request> TakeRequest() = 0;
  // Tells the client of one more delta. True where that is under way and
  // `written` will come; false where there is nothing to tell yet.
  virtual bool Pass(const Delta& delta, Event* written) = 0;
  // Tells the client of the last delta and the status.
  virtual void PassLast(const Delta& last, const grpc::Status& status,
                        Event* written) = 0;
  // Ends a call that the engine does not take.
  virtual void Reject(const grpc::Status& status, Event* written) = 0;

  InferenceContext& context() { return context_; }
  CallQueue& queue() { return queue_; }
  grpc::ServerContext& call() { return call_; }
  const std::string& request_id() const { return request_.id; }

 private:
  void OnAccepted(bool ok);
  void OnReady();           // the channel has something
  void OnWritten(bool ok);  // of the final status too
  void OnDone();            // the client has its status, or has gone

  absl::StatusOr<Request> ReadRequest();
  absl::Status Submit();
  // Tells the client, metrics and log that the engine does not take it.
  void Refuse(const absl::Status& why);
  // Takes deltas as long as they can be passed on.
  void Advance();
  void Finish(const Delta& last);
  void ObserveGap(const Delta& delta);
  void ReleaseIfOver();

  InferenceContext& context_;
  CallQueue& queue_;
  grpc::ServerContext call_;
  Event on_accepted_, on_written_, on_done_;

  Request request_;  // without its prompt, unless that is logged
  std::shared_ptr<ResponseChannel> channel_;  // until its last delta
  std::map<int, Seconds> latest_;  // when each choice's latest tokens came
  std::optional<FinishReason> finish_;
  bool writing_ = false;
  bool done_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_ENGINE_CALL_H_
