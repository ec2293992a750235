// Whether the engine makes progress, judged by its own counters.
#ifndef MILLIJOULE_SERVER_HEALTH_H_
#define MILLIJOULE_SERVER_HEALTH_H_

#include <mutex>

#include "engine/engine_stats.h"
#include "hw_backends/quantities.h"

namespace mj {

// Stuck: there has been work, and neither a step nor a layer of one has ended,
// for this long. Longer than a layer takes on the slowest simulated device,
// shorter than a client's patience.
inline constexpr Seconds kStuckAfter{30};

// Thread-safe. Only what its own callers see counts, so an idle hour before
// the first request is no lack of progress.
class Health final {
 public:
  bool Healthy(const EngineStats& stats, Seconds now);

 private:
  std::mutex mutex_;
  bool had_work_ = false;
  uint64_t done_ = 0;  // steps and layers
  Seconds since_{0};   // had_work_ with done_ of them since then
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HEALTH_H_
