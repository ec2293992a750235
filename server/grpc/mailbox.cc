#include "server/grpc/mailbox.h"

#include <grpc/support/time.h>

#include <utility>

namespace mj {

Mailbox::Mailbox(grpc::CompletionQueue& queue)
    : queue_(queue), on_wake_([this](bool) { RunTasks(); }) {}

void Mailbox::Post(std::function<void()> task) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  if (tasks_.size() > 1) return;
  // A time in the past fires within this call; "now", which gRPC rounds up to
  // a millisecond, would take the way through its timer thread.
  alarm_.Set(&queue_, gpr_inf_past(GPR_CLOCK_REALTIME), &on_wake_);
}

void Mailbox::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

void Mailbox::RunTasks() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

}  // namespace mj
