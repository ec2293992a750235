// Counts the calls in flight and waits for their end. Any thread.
#ifndef MILLIJOULE_SERVER_GRPC_CALL_COUNT_H_
#define MILLIJOULE_SERVER_GRPC_CALL_COUNT_H_

#include <condition_variable>
#include <mutex>

#include "hw_backends/quantities.h"

namespace mj {

class CallCount final {
 public:
  void Enter() {
    std::lock_guard lock(mutex_);
    ++count_;
  }
  void Leave() {
    std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  // False: some were left when the time was up.
  bool WaitForNone(Seconds at_most) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, at_most, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_CALL_COUNT_H_
