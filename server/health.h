// Whether the engine makes progress, judged by its own counters.
#ifndef MILLIJOULE_SERVER_HEALTH_H_
#define MILLIJOULE_SERVER_HEALTH_H_

#include <mutex>

#include "engine/engine_stats.h"
#include "hw_backends/quantities.h"

namespace mj {

// Stuck: there has been work and no progress (EngineStats) for this long.
// Longer than a layer takes on the slowest simulated device, shorter than a
// client's patience.
inline constexpr Seconds kStuckAfter{30};

// Thread-safe. Only what its own callers see counts, so an idle hour before
// the first request is no lack of progress.
class Health final {
 public:
  bool Healthy(const EngineStats& stats, Seconds now);

 private:
  std::mutex mutex_;
  bool had_work_ = false;
  uint64_t progress_ = 0;
  Seconds since_{0};  // had_work_ with progress_ since then
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HEALTH_H_
