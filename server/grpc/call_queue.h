// A completion queue, the one thread that serves it, and the calls that live
// on it. A call's state is touched by this thread alone and needs no locks.
//
// The thread sleeps until something happens. gRPC's callback API is not used
// for calls that matter: without a background poller, which this version
// lacks, its threads sleep 100 ms after each idle second, deaf to requests.
#ifndef MILLIJOULE_SERVER_GRPC_CALL_QUEUE_H_
#define MILLIJOULE_SERVER_GRPC_CALL_QUEUE_H_

#include <grpcpp/completion_queue.h>

#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "server/grpc/mailbox.h"

namespace mj {

class Call {
 public:
  virtual ~Call() = default;
};

class CallQueue final {
 public:
  explicit CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue);
  // Stops where Stop was not called.
  ~CallQueue();

  // Starts the thread; until then the starter's thread stands in for it.
  void Start();
  // Lets what is pending end, then ends the thread and every call left.
  // REQUIRES: the server has been shut down
  void Stop();

  // The queue's thread only. The queue owns a call until it is released,
  // which takes effect once the current event is over.
  void Keep(std::shared_ptr<Call> call);
  void Release(Call& call);

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

 private:
  void Run();

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<Call*, std::shared_ptr<Call>> calls_;
  std::vector<std::shared_ptr<Call>> released_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_CALL_QUEUE_H_
