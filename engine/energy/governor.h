// Which clock, when the next step starts, and how an idle device sleeps: pure
// decisions from plain data, the same in a server and in virtual time.
//
// Every step: the scheduler plans it, the model prices it at each clock, the
// rule of the chosen policy decides. Rules live in rules/, one file each, with
// their formulas. What they learn from (measured times, replies, traffic) is in
// GovernorMemory, which the caller feeds; a decision changes nothing.
//
// Safety, before any rule that lowers the clock: stale telemetry, a failing
// actuator, a full KV cache or a queue that waits ask for full speed. Only the
// batching delay outlives a failing actuator: it needs none.
#ifndef MILLIJOULE_ENGINE_ENERGY_GOVERNOR_H_
#define MILLIJOULE_ENGINE_ENERGY_GOVERNOR_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/energy/governor_memory.h"
#include "engine/energy/step_profile.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

enum class GovernorPolicy {
  kFmax,            // full speed, always
  kFixed,           // one clock, always
  kGatedStatic,     // one good clock when busy, the lowest when idle
  kLowestFeasible,  // VoltanaLLM's rule
  kThrottle,        // throttLL'eM's rule
  kEnergy,          // least energy among what is feasible: ours
  kPowerCap,        // the highest clock under a power cap
};
std::string_view PolicyName(GovernorPolicy policy);  // "lowest-feasible", ...
// INVALID_ARGUMENT lists the names.
absl::StatusOr<GovernorPolicy> ParsePolicy(std::string_view name);

// How a device without work may rest. Each rung draws less and wakes later.
enum class IdleState { kLoaded, kParked, kDropped };
std::string_view IdleStateName(IdleState state);  // "loaded", ...

struct IdleRung {
  Watts power{0};
  Seconds wake{0};  // at loaded idle power of full clock
};

// How bold our rule is; see rules/energy_rule.h.
struct EnergyRuleOptions {
  // A clock is cheap enough within this factor of the least cost.
  double cheap_prompts = 1.08, cheap_decode = 1.005;
  double busy_decode = 0.3;    // added to it when prompts are busy
  double deviations = 2;       // of a step's spread, kept as margin
  double cushion_share = 0.2;  // of the time since the first token
  double cushion_prompts = 2;  // mean prompts that the cushion is for, at most
  double allowance = 2;        // TPOTs that prompts may cost a reply
  double allowance_reply = 200;  // mean tokens of replies that bear all of it
  double ready_prompts = 2;      // mean prompts a decode clock is ready for
  double ready_share = 0.7;      // of the SLO of TTFT
  double ready_lag = 0.06;       // the same, that a switch may cost a long one
  double busy_lag = 0.3;         // of ready_lag, when prompts are busy
  // Replies at once that make waiting pay: at the pace of TPOT, and as arrivals
  // have found them.
  double company = 0.25, seen_company = 0.02;
  double catch_up = 0.9;  // of TPOT, for a step that is late
  double most_kv_used = 0.92;
  double most_prompt_load = 0.9;
  double intrusion = 3.5;  // deviations of later prompts, kept as margin
  double lost_load = 0;    // part of the load counted before a prompt is lost
  // Prompt loads (of full speed's) at which decode takes all the time that TPOT
  // leaves and prompts run at their cheapest, and at which nothing waits.
  double calm_load = 0.15, busy_load = 0.47;
  double rush = 1;  // prompts: of the price of full speed, when busy
  double calm_backlog = 0.1, busy_backlog = 0.3;  // prompts in flight, of TTFT
  size_t lost_blocks = 2;  // prompts at which a lost one holds up others
  GuardRange ttft_guard{0.1, 0.8}, tpot_guard{0.06, 0.6};
};

// What does not change while a governor runs. Clocks are indices into `clocks`.
struct GovernorLimits {
  GovernorPolicy policy = GovernorPolicy::kFmax;
  Seconds slo_ttft{0}, slo_tpot{0};
  std::vector<Hertz> clocks;          // ascending; the last is full speed
  std::vector<Watts> idle_power;      // loaded idle at each clock
  std::vector<ClockProfile> profile;  // of each clock
  int fixed_clock = 0;
  std::optional<Watts> power_cap;
  Seconds switch_latency{0};
  Joules switch_energy{0};
  IdleRung parked, dropped;
  int max_batched_tokens = 0;
  EnergyRuleOptions energy;

  int full_clock() const { return static_cast<int>(clocks.size()) - 1; }
};

// A request in flight. Times are of one clock.
struct SequenceProgress {
  Seconds arrived{0};
  Seconds first_token{0};  // once there are tokens
  int tokens = 0;          // of the reply, so far
  int uncomputed = 1;      // tokens to compute before its next one
  int context = 0;         // tokens in the KV cache
  int rows = 0;            // in the planned step
};

struct GovernorInputs {
  Seconds now{0};
  std::span<const SequenceProgress> sequences;  // by arrival
  int num_queued = 0;  // of these, the last: the plan leaves them waiting
  double kv_used = 0;  // share of the KV cache
  std::span<const Price> step;  // the planned step, predicted, at each clock
  int achieved_clock = 0;       // as read back
  bool actuator_works = true;
  Seconds telemetry_age{0};
};

// Whether the planned step computes prompts, if only beside decode rows.
Phase PhaseOf(const GovernorInputs& inputs);

struct Decision {
  int clock = 0;
  Seconds wait{0};  // the step may start this much later, or at an arrival
  std::string_view reason;
  Price predicted;  // of the step at that clock, corrected
};

// REQUIRES: a planned step: inputs.step has a price a clock.
Decision Decide(const GovernorLimits& limits, const GovernorInputs& inputs,
                const GovernorMemory& memory);

struct IdleInputs {
  Seconds now{0};
  Seconds idle_since{0};
  int achieved_clock = 0;
  IdleState state = IdleState::kLoaded;
  bool actuator_works = true;
};

struct IdleDecision {
  int clock = 0;
  IdleState state = IdleState::kLoaded;
  std::optional<Seconds> ask_again;  // at this time, if still idle
  std::string_view reason;
};

// With nothing to do.
IdleDecision DecideIdle(const GovernorLimits& limits, const IdleInputs& inputs,
                        const GovernorMemory& memory);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_GOVERNOR_H_
