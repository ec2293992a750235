// All policies on one scenario, and what hindsight could have saved.
#ifndef MILLIJOULE_ENGINE_SIMULATE_COMPARISON_H_
#define MILLIJOULE_ENGINE_SIMULATE_COMPARISON_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/simulate/outcome.h"
#include "engine/simulate/scenario.h"
#include "engine/simulate/simulation.h"
#include "hw_backends/quantities.h"

namespace mj {

// The attainment that a policy may lose against full speed and still count as
// equal: half a percentage point.
inline constexpr double kEqualAttainment = 0.005;

struct PolicyRun {
  std::string governor;
  int clock = 0;  // of fixed and best-static
  SimulationResult result;
  Outcome outcome;
};

PolicyRun RunPolicy(const Scenario& scenario, GovernorPolicy policy, int clock,
                    bool record);

// In hindsight: the static clock of least energy among those whose attainments
// equal full speed's. Bisection for the lowest such clock, then downhill from
// there, which supposes one minimum.
PolicyRun RunBestStatic(const Scenario& scenario, const PolicyRun& fmax,
                        bool record);

struct Comparison {
  std::vector<PolicyRun> runs;  // schedules dropped
  Joules oracle{0};             // the least of all schedules' and runs'
  Joules lower_bound{0};        // without switch costs and SLOs
};

// Runs fmax, gated-static, lowest-feasible, throttle, energy and best-static,
// and `other` where it is none of them; several at once. The oracle is the
// least over all their schedules.
Comparison Compare(const Scenario& scenario,
                   std::optional<GovernorPolicy> other);

// (E_fmax - energy) / (E_fmax - E_oracle); nullopt where the denominator is
// under 1 % of E_fmax.
std::optional<double> OracleShare(Joules energy, Joules fmax, Joules oracle);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_COMPARISON_H_
