#include "engine/energy/rules/lowest_feasible_rule.h"

#include <algorithm>

namespace mj {
namespace {

constexpr double kMargin = 0.35;
constexpr double kBusyShare = 0.8;
constexpr double kLowestProfiled = 1005.0 / 1410;  // of full clock, on A100
constexpr Seconds kIdleAfter{5};

struct Demand {
  StepMix mix;
  double prompt_left = 0;
  Seconds longest_wait{0};  // of a request without its first token
};

Demand Summarise(const GovernorInputs& in) {
  Demand demand;
  for (const SequenceProgress& s : in.sequences) {
    if (s.rows > 0 && s.uncomputed == 1) {
      ++demand.mix.sequences;
      demand.mix.kv_tokens += s.context;
    } else {
      demand.mix.prompt_tokens += s.rows;
    }
    if (s.tokens > 0) continue;
    demand.prompt_left += s.uncomputed;
    demand.longest_wait = std::max(demand.longest_wait, in.now - s.arrived);
  }
  return demand;
}

bool Feasible(const GovernorLimits& limits, const ClockProfile& p,
              const Demand& demand) {
  const Seconds step = PredictTime(p, demand.mix);
  if (demand.mix.sequences > 0 && step > limits.slo_tpot * (1 + kMargin)) {
    return false;
  }
  if (demand.prompt_left == 0) return true;
  const double steps = std::max(
      1.0, demand.prompt_left / std::max(1.0, demand.mix.prompt_tokens));
  return steps * step <= limits.slo_ttft * (1 + kMargin) - demand.longest_wait;
}

}  // namespace

Decision LowestFeasibleRule(const GovernorLimits& limits,
                            const GovernorInputs& inputs,
                            const GovernorMemory& memory) {
  const int full = limits.full_clock();
  const double arriving =
      memory.traffic.rate() * memory.traffic.mean_prompt;  // tokens a second
  const double capacity = 1 / limits.profile[full].per_prompt_token.count();
  if (arriving > kBusyShare * capacity) return {full, {}, "many arrivals"};
  if (inputs.num_queued > 0) return {full, {}, "a request waits"};
  const Demand demand = Summarise(inputs);
  const int lowest =
      ClockAtLeast(limits.clocks, limits.clocks[full] * kLowestProfiled);
  for (int clock = lowest; clock < full; ++clock) {
    if (Feasible(limits, limits.profile[clock], demand)) {
      return {clock, {}, "lowest feasible"};
    }
  }
  return {full, {}, "nothing lower is feasible"};
}

IdleDecision LowestFeasibleIdle(const IdleInputs& inputs) {
  const Seconds lower_at = inputs.idle_since + kIdleAfter;
  if (inputs.now >= lower_at) return {.clock = 0, .reason = "idle for 5 s"};
  return {.clock = inputs.achieved_clock,
          .ask_again = lower_at,
          .reason = "idle, not yet for 5 s"};
}

}  // namespace mj
