#include "server/health.h"

namespace mj {

bool Health::Healthy(const EngineStats& stats, Seconds now) {
  const std::lock_guard lock(mutex_);
  const bool work = stats.running + stats.waiting > 0;
  const uint64_t done = stats.steps + stats.layers;
  if (!work || !had_work_ || done != done_) since_ = now;
  had_work_ = work;
  done_ = done;
  return now - since_ <= kStuckAfter;
}

}  // namespace mj
