// Work handed to a completion queue's thread from any other thread: the
// engine says here that a reply has grown.
//
// Many posts between two turns of the queue's thread cost one wake-up. Shared
// by the queue and whoever posts, so a post after the queue's end is harmless.
#ifndef MILLIJOULE_SERVER_GRPC_MAILBOX_H_
#define MILLIJOULE_SERVER_GRPC_MAILBOX_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <functional>
#include <mutex>
#include <vector>

namespace mj {

// What a completion queue's tag points to.
using Event = std::function<void(bool ok)>;

class Mailbox final {
 public:
  explicit Mailbox(grpc::CompletionQueue& queue);

  // Any thread. Runs `task` soon on the queue's thread; never once closed.
  void Post(std::function<void()> task);

  // Posts come to nothing from now on. Before the queue's own Shutdown.
  void Close();

 private:
  void RunTasks();

  grpc::CompletionQueue& queue_;
  Event on_wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool closed_ = false;
  grpc::Alarm alarm_;  // set while tasks wait
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_MAILBOX_H_
