// Virtual time: serves a trace on a modelled platform, by discrete events. The
// scheduler (PlanStep over real block counts) and the governor (Decide) are the
// server's own; only the step itself is priced instead of run.
//
// An iteration: requests that have arrived join the queue; PlanStep plans; the
// model prices the plan at every clock; the governor chooses a clock and a
// wait; an arrival during the wait plans anew; the step takes its time, and
// each sequence that has all its tokens computed gets one more. Without work
// the device idles, as the governor says, until the next arrival.
//
// Neither scheduler nor governor sees how long a reply will be: a sequence's
// limit is the model's, and its length is learned when it ends. Deterministic:
// the same options and trace give the same result.
#ifndef MILLIJOULE_ENGINE_SIMULATE_SIMULATION_H_
#define MILLIJOULE_ENGINE_SIMULATE_SIMULATION_H_

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "engine/energy/governor.h"
#include "engine/schedule/limits.h"
#include "engine/simulate/simulated_device.h"
#include "engine/simulate/trace.h"
#include "hw_backends/models/platform_cost_model.h"

namespace mj {

struct SimulationOptions {
  GovernorLimits limits;
  ScheduleLimits schedule;
  int num_blocks = 0;     // of the KV cache
  int max_model_len = 0;  // positions a sequence may have
  int max_queue = 1024;   // requests that wait; more are refused
  DeviceOptions device;
  Seconds wake_dropped{0};
  double latency_noise = 0;   // relative deviation of a step's time
  double predictor_bias = 1;  // what the governor's predictions are wrong by
  uint64_t seed = 0;
  bool record = false;                // keeps the schedule
  const Clock* wall_clock = nullptr;  // times scheduler and governor, if given
};

struct RequestResult {
  bool refused = false;
  bool unfinished = false;  // ended by the context, not by its length
  Seconds arrival{0}, first_token{0}, finish{0};
  int tokens = 0;
  int first_step = 0, last_step = 0;  // that gave the first and the last token
};

// A step as it was executed.
struct ExecutedStep {
  StepDemand demand;
  double slowness = 1;  // of this step's noise
  Seconds released{0};  // no earlier: the latest arrival among its requests
  Seconds end{0};
};

struct SimulationResult {
  std::vector<RequestResult> requests;  // as in the trace
  DeviceEnergy energy;
  Seconds end{0};  // of the last completion or arrival; energy is until then
  int64_t steps = 0, switches = 0, wakes = 0, preemptions = 0;
  std::map<std::string_view, int64_t> decisions;  // by reason
  Seconds scheduling{0}, governing{0};  // of wall time, if there was a clock
  std::vector<ExecutedStep> schedule;   // if recorded
};

// REQUIRES: the trace is in order of arrival; num_blocks hold at least one
// block; limits.profile and clocks are those of `model`.
SimulationResult Simulate(const PlatformCostModel& model,
                          std::span<const TraceRequest> trace,
                          const SimulationOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_SIMULATION_H_
