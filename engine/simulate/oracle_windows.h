// What the limits of its requests ask of each step of an executed schedule.
#ifndef MILLIJOULE_ENGINE_SIMULATE_ORACLE_WINDOWS_H_
#define MILLIJOULE_ENGINE_SIMULATE_ORACLE_WINDOWS_H_

#include <vector>

#include "engine/simulate/oracle.h"
#include "engine/simulate/simulation.h"
#include "hw_backends/models/platform_cost_model.h"

namespace mj {

// A reply of more than one token, from the end of one step to that of another.
struct ReplySpan {
  int first_step = 0, last_step = 0;
  double budget = 0;  // seconds between the ends: (n - 1) TPOT
};

// Seconds since the start; [step] where it is a vector.
struct Windows {
  std::vector<double> full_speed;  // time of the steps so far, without waits
  std::vector<double> earliest;    // end at full speed from the start
  // End of the step before which a first token is too early: what it waits for
  // later would use up its budget, or it is tight and comes no earlier than in
  // the executed run.
  std::vector<double> not_before;
  // End of the step so that full speed from there on meets all TTFTs.
  std::vector<double> latest;
  std::vector<ReplySpan> replies;  // by first_step
};

// A reply is tight if the executed run left at most `tight_share` of its
// budget.
Windows FindWindows(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits, double tight_share);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_ORACLE_WINDOWS_H_
