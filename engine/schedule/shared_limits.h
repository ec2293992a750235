// The limits as threads share them: whoever governs swaps in a new value, the
// engine thread reads it once a step.
#ifndef MILLIJOULE_ENGINE_SCHEDULE_SHARED_LIMITS_H_
#define MILLIJOULE_ENGINE_SCHEDULE_SHARED_LIMITS_H_

#include <mutex>

#include "engine/schedule/limits.h"

namespace mj {

// Any thread. The lock is held for a copy of a few words, never longer, so
// nobody waits; readers see one value whole.
class SharedLimits final {
 public:
  explicit SharedLimits(const StepLimits& limits) : limits_(limits) {}

  StepLimits Load() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return limits_;
  }
  void Store(const StepLimits& limits) {
    std::lock_guard<std::mutex> lock(mutex_);
    limits_ = limits;
  }

 private:
  mutable std::mutex mutex_;
  StepLimits limits_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SCHEDULE_SHARED_LIMITS_H_
