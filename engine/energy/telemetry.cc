#include "engine/energy/telemetry.h"

#include <cassert>
#include <utility>

namespace mj {

TelemetryRing::TelemetryRing(size_t capacity) : slots_(capacity) {
  assert(capacity >= 1);
}

bool TelemetryRing::TryPush(StepRecord& record) {
  const size_t pushed = pushed_.load(std::memory_order_relaxed);
  if (pushed - popped_.load(std::memory_order_acquire) == slots_.size()) {
    return false;
  }
  std::swap(slots_[pushed % slots_.size()], record);
  pushed_.store(pushed + 1, std::memory_order_release);
  return true;
}

bool TelemetryRing::TryPop(StepRecord& record) {
  const size_t popped = popped_.load(std::memory_order_relaxed);
  if (popped == pushed_.load(std::memory_order_acquire)) return false;
  std::swap(slots_[popped % slots_.size()], record);
  popped_.store(popped + 1, std::memory_order_release);
  return true;
}

}  // namespace mj
