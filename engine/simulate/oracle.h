// The least energy in hindsight of a schedule that was executed: the same
// batches in the same order, the best clock for each (energy.md, 2.8,
// Oracle-F).
//
// A step starts when the one before it has ended and all its requests have
// arrived; in between the device rests in the state that is cheapest for a gap
// of known length. Over the steps runs a dynamic programme whose state is
// (step, clock, bucket of slack) and whose cost is busy energy, idle energy and
// switches. Each state keeps its exact time, so that rounding into buckets
// never adds up; what it finds is a schedule that exists, an upper bound of the
// optimum. Knowing the future, it has clocks changed in advance: latency costs
// it nothing.
//
// A request's limits are the SLOs, or what the executed run achieved where that
// is worse. TTFT bounds the end of the step with the first token. TPOT bounds
// the distance of two ends, which a state cannot remember; any instant t gives
// a pair of bounds that imply it:
//   first token >= t   and   last token <= t + (n - 1) TPOT.
// The programme starts with instants that the executed run meets, and is solved
// again with instants in the middle of what its own solution allows, as long as
// that saves energy: each solution meets the next bounds, so energy only falls.
#ifndef MILLIJOULE_ENGINE_SIMULATE_ORACLE_H_
#define MILLIJOULE_ENGINE_SIMULATE_ORACLE_H_

#include "engine/simulate/simulation.h"
#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

struct OracleLimits {
  Seconds slo_ttft{0}, slo_tpot{0};
  Seconds wake_dropped{0};
  int slack_buckets = 48;
  int max_rounds = 5;  // of solving again
};

// REQUIRES: `run` was recorded.
Joules OracleEnergy(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits);

// No schedule of these batches can take less, with free switches and without
// any SLO: each step at the clock that takes least beyond the power of the
// deepest rest, which is drawn until the earliest end there can be.
Joules LowerBound(const PlatformCostModel& model, const SimulationResult& run);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_ORACLE_H_
