// A hardware counter of energy: what raw readings of it say, and when they
// say nothing.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_ENERGY_COUNTER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_ENERGY_COUNTER_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/quantities.h"

namespace mj {

struct CounterTraits {
  Joules unit{1e-6};         // what 1 of the raw number is
  uint64_t range = 0;        // largest raw number, then 0 again; 0: no wrap
  Watts max_power{0};        // the hardware cannot draw more
  Seconds update_period{0};  // the counter may lag by as much
};

// Raw units counted between two readings `elapsed` apart. A decrease is a wrap
// where the power that this means is possible: (range - before) + after, off
// by at most one step of the counter behind it.
// A reset that close to the range looks the same; the error is at most what
// max_power draws in the time.
// DATA_LOSS, with the numbers, where the answer cannot be known: a decrease
// that is no wrap (reset), more than max_power allows, or a time in which
// max_power could have wrapped once more unseen.
absl::StatusOr<uint64_t> CounterDelta(uint64_t before, uint64_t after,
                                      Seconds elapsed,
                                      const CounterTraits& traits);

// Adds up the deltas of one counter. After a loss it goes on from the reading
// that showed it.
class EnergyCounter final {
 public:
  explicit EnergyCounter(const CounterTraits& traits) : traits_(traits) {}

  // `raw` was read at `now`. The first reading is 0 J. DATA_LOSS as above.
  absl::StatusOr<EnergySample> Advance(uint64_t raw, Seconds now);

 private:
  CounterTraits traits_;
  std::optional<uint64_t> last_;  // raw
  Seconds last_time_{0};
  Seconds moved_{0};    // when `total_` was first seen
  uint64_t total_ = 0;  // raw units: sums of them are exact
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_ENERGY_COUNTER_H_
