// The least energy in hindsight of a schedule that was executed: the same
// batches in the same order, the best clock for each (energy.md, 2.8,
// Oracle-F).
//
// A step starts when the one before it has ended and all its requests have
// arrived; in between the device rests in the state that is cheapest for a gap
// of known length. Over the steps runs a dynamic programme whose state is
// (step, clock, bucket of slack) and whose cost is busy energy,
// idle energy and switches. Each state keeps its exact time and when its path
// gave the first token of each request in flight, so rounding into buckets
// never adds up and TPOT is exact: what it finds is a schedule that exists, an
// upper bound of the optimum. Knowing the future, it has clocks changed in
// advance: latency costs it nothing.
//
// A request's limits are the SLOs, or what the executed run achieved where that
// is worse. A state is kept if full speed from there on meets all limits. TPOT
// couples requests: whoever is early with one reply's first token must be early
// for good, as replies overlap. So first tokens of replies with little slack
// wait for their executed times; the programme runs with three ideas of little
// (none, a tenth of the time, any), and the least counts.
#ifndef MILLIJOULE_ENGINE_SIMULATE_ORACLE_H_
#define MILLIJOULE_ENGINE_SIMULATE_ORACLE_H_

#include "engine/simulate/simulation.h"
#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

struct OracleLimits {
  Seconds slo_ttft{0}, slo_tpot{0};
  Seconds wake_dropped{0};
  int slack_buckets = 52;  // up to 16 s; more slack is as good
};

// Infinite if no state survived. REQUIRES: `run` was recorded.
Joules OracleEnergy(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits);

// No schedule of these batches can take less, with free switches and without
// any SLO: each step at the clock that takes least beyond the power of the
// deepest rest, which is drawn until the earliest end there can be.
Joules LowerBound(const PlatformCostModel& model, const SimulationResult& run);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_ORACLE_H_
