// The engine thread's half of governing: shows each planned step to the
// governor, passes its wishes on to the clock's driver, and teaches it what
// steps and replies really took. Engine thread only, except where marked.
#ifndef MILLIJOULE_ENGINE_STEP_GOVERNOR_H_
#define MILLIJOULE_ENGINE_STEP_GOVERNOR_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/actuator_driver.h"
#include "engine/energy/governor.h"
#include "engine/governor_setup.h"
#include "engine/governor_stats.h"
#include "engine/queues.h"
#include "engine/request/sequence.h"
#include "hw_backends/clock.h"
#include "hw_backends/models/platform_cost_model.h"

namespace mj {

struct StepGovernorOptions {
  CostOptions cost;
  SloTargets targets;  // of requests that bring none
  int max_batched_tokens = 0;
};

class StepGovernor final {
 public:
  // `time` outlives it.
  StepGovernor(GovernorSetup setup, const ModelShape& model,
               const StepGovernorOptions& options, const Clock& time);

  // What the engine knows besides its queues.
  struct Surroundings {
    std::optional<Watts> power_cap;
    Seconds telemetry_age{0};
  };
  // Asks for a clock for the step that is planned but not applied, and tells
  // how much later the step may start; an advisory governor has nothing wait.
  // REQUIRES: the plan has rows
  Seconds Decide(const StepPlan& plan, const Queues& queues,
                 const Surroundings& around);
  void NoteWait(Seconds waited);
  // The plan of the latest decision has been given drafts, and is not applied.
  void NoteDrafts(const StepPlan& plan, const Queues& queues);
  // Around the step of the latest decision. `spent`: by the meter, if it can
  // tell.
  void NoteStart();
  void NoteEnd(Seconds taken, std::optional<Joules> spent);
  // The step's predicted joules at the clock it started with, in parts of full
  // speed's. 1 without an actuator.
  double ClockScale() const;
  double ClockSlowdown() const;  // the same of its time
  // Asks for a clock while nothing is to do; how long until it would ask for
  // another one.
  std::optional<Seconds> DecideIdle();

  // Before it queues.
  void NoteArrival(InFlight& request, const Queues& queues);
  void NoteFirstToken(InFlight& request) const;
  void NoteReply(const InFlight& request);

  // The engine thread's numbers.
  GovernorStats stats() const;
  // Any thread: what the driver and the setup know.
  void FillState(GovernorStats& stats) const;

 private:
  // The clock as the rules see it.
  struct Seen {
    int clock = 0;
    bool works = true, settled = true;
    bool advisory = false;
  };
  Seen Look() const;
  void LookAt(const StepPlan& plan, const Queues& queues);
  void TightenTargets(const Queues& queues);
  void Ask(int clock, std::string_view phase, std::string_view reason,
           std::optional<Price> predicted);
  void TellChange(int clock, std::string_view phase, std::string_view reason,
                  std::optional<Price> predicted);

  const Clock& time_;
  const PlatformCostModel model_;
  const SloTargets defaults_;  // infinite where there is none
  GovernorLimits limits_;
  GovernorMemory memory_;
  const std::function<void(const ClockChange&)> on_change_;
  const std::string why_advisory_;
  const std::unique_ptr<ActuatorDriver<Hertz>> driver_;  // null: advisory

  // Of the planned step.
  StepShape shape_;
  std::vector<SequenceProgress> progress_;
  std::vector<Price> prices_;
  Phase phase_ = Phase::kDecode;
  Seen at_start_;

  bool idle_ = false;
  Seconds idle_since_{0};
  std::map<std::pair<std::string_view, std::string_view>, uint64_t> decisions_;
  std::array<PredictionSums, 2> sums_;
  Seconds waited_{0};
  Seconds last_predicted_{0}, last_taken_{0};
  std::optional<Seconds> told_at_;
  uint64_t untold_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_STEP_GOVERNOR_H_
