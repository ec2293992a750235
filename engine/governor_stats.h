// What operators may see of the governor: how it decided, and what came of it.
#ifndef MILLIJOULE_ENGINE_GOVERNOR_STATS_H_
#define MILLIJOULE_ENGINE_GOVERNOR_STATS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/energy/attribution.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

struct DecisionCount {
  std::string_view phase;  // "prefill", "decode", "idle"
  std::string_view reason;
  uint64_t count = 0;
};

// Sums over steps of a phase.
struct PredictionSums {
  Price predicted;  // at the clock each ran at, corrected
  Seconds achieved{0};
  // By the meter; absent where no counter tells it. `metered` is the prediction
  // for these steps.
  std::optional<Joules> measured;
  Joules metered{0};
  double correction = 1;  // measured over modelled time, of late
};

struct GovernorStats {
  std::string policy;  // "energy"
  bool advisory = false;
  std::string why_advisory;  // what is lacking; empty where it is not advisory
  std::optional<Hertz> requested;
  std::optional<Hertz> achieved;  // absent: nobody can tell
  std::vector<DecisionCount> decisions;
  std::array<PredictionSums, 2> phases;   // by Phase
  Seconds waited{0};                      // steps that waited for company
  double ttft_guard = 0, tpot_guard = 0;  // parts of the targets kept free
  uint64_t changes = 0;                   // of the clock, as set
  uint64_t errors = 0;                    // of the actuator
  uint64_t lease_losses = 0, lease_recoveries = 0;  // of control over the clock
  std::string problem;                              // its latest; empty: none
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_GOVERNOR_STATS_H_
