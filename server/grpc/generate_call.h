// One Generate call, from its arrival to its status.
//
// The engine's signal reaches the call through its queue's mailbox, so all of
// this runs on the queue's thread. One write is in flight at the most; while
// the client is slow, deltas merge in the response channel. A call that the
// client leaves stays until the engine has said its last word, for metrics.
#ifndef MILLIJOULE_SERVER_GRPC_GENERATE_CALL_H_
#define MILLIJOULE_SERVER_GRPC_GENERATE_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <map>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/generate_response.h"
#include "server/grpc/inference_context.h"

namespace mj {

class GenerateCall final : public Call,
                           public std::enable_shared_from_this<GenerateCall> {
 public:
  // Has `queue` wait for one more call; each arrival asks for the next.
  static void Listen(InferenceContext& context, CallQueue& queue);

  GenerateCall(InferenceContext& context, CallQueue& queue);

 private:
  void OnAccepted(bool ok);
  void OnReady();           // the channel has something
  void OnWritten(bool ok);  // of the final status too
  void OnDone();            // the client has its status, or has gone

  absl::StatusOr<Request> ReadRequest();
  absl::Status Submit();
  // Tells of a call that the engine does not take.
  void Refuse(const absl::Status& status);
  void Reject(const absl::Status& status);
  // Takes deltas as long as they can be passed on.
  void Advance();
  void Write(const Delta& delta);
  void Finish(const Delta& last);
  void ObserveGap(const Delta& delta);
  void ReleaseIfOver();

  InferenceContext& context_;
  CallQueue& queue_;
  grpc::ServerContext call_;
  v1::GenerateRequest message_;
  grpc::ServerAsyncWriter<v1::GenerateResponse> stream_{&call_};
  Event on_accepted_, on_written_, on_done_;

  Request request_;  // without its prompt, unless that is logged
  std::shared_ptr<ResponseChannel> channel_;  // until its last delta
  std::optional<ResponseWriter> writer_;
  std::map<int, Seconds> latest_;  // when each choice's latest tokens came
  std::optional<FinishReason> finish_;
  bool writing_ = false;
  bool done_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_GENERATE_CALL_H_
