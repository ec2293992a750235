#include "server/grpc/call_queue.h"

#include <cassert>
#include <utility>

namespace mj {

CallQueue::CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : queue_(std::move(queue)), mailbox_(std::make_shared<Mailbox>(*queue_)) {}

CallQueue::~CallQueue() { Stop(); }

void CallQueue::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CallQueue::Stop() {
  if (std::exchange(stopped_, true)) return;
  mailbox_->Close();
  queue_->Shutdown();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run();  // gRPC demands that a queue be drained
  }
  calls_.clear();
}

void CallQueue::Keep(std::shared_ptr<Call> call) {
  Call* key = call.get();
  calls_.emplace(key, std::move(call));
}

void CallQueue::Release(Call& call) {
  auto found = calls_.find(&call);
  assert(found != calls_.end());
  released_.push_back(std::move(found->second));
  calls_.erase(found);
}

void CallQueue::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    (*static_cast<Event*>(tag))(ok);
    released_.clear();
  }
}

}  // namespace mj
