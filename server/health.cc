#include "server/health.h"

namespace mj {

bool Health::Healthy(const EngineStats& stats, Seconds now) {
  const std::lock_guard lock(mutex_);
  const bool work = stats.running + stats.waiting > 0;
  if (!work || !had_work_ || stats.progress != progress_) since_ = now;
  had_work_ = work;
  progress_ = stats.progress;
  return now - since_ <= kStuckAfter;
}

}  // namespace mj
