// When each step of an executed schedule may end in hindsight.
#ifndef MILLIJOULE_ENGINE_SIMULATE_ORACLE_WINDOWS_H_
#define MILLIJOULE_ENGINE_SIMULATE_ORACLE_WINDOWS_H_

#include <vector>

#include "engine/simulate/oracle.h"
#include "engine/simulate/simulation.h"
#include "hw_backends/models/platform_cost_model.h"

namespace mj {

// Seconds since the start, of each step's end.
struct Windows {
  std::vector<double> earliest;    // at full speed from the start
  std::vector<double> not_before;  // or TPOT's pairs of bounds fail
  std::vector<double> latest;      // so that all later bounds can be met
};

// Around a schedule that meets all limits and whose steps end at `ends`: it
// meets these windows, too.
Windows FindWindows(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits,
                    const std::vector<double>& ends);

// Ends of the steps at full speed from the start.
std::vector<double> EarliestEnds(const PlatformCostModel& model,
                                 const SimulationResult& run);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_ORACLE_WINDOWS_H_
