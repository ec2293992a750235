#include "engine/energy/rules/static_rules.h"

namespace mj {

Decision FmaxRule(const GovernorLimits& limits) {
  return {.clock = limits.full_clock(), .reason = "full speed"};
}

Decision FixedRule(const GovernorLimits& limits) {
  return {.clock = limits.fixed_clock, .reason = "fixed"};
}

Decision GatedStaticRule(const GovernorLimits& limits) {
  int best = limits.full_clock();
  for (int clock = 0; clock < limits.full_clock(); ++clock) {
    if (limits.profile[clock].full_step.energy <
        limits.profile[best].full_step.energy) {
      best = clock;
    }
  }
  return {.clock = best, .reason = "one good speed"};
}

Decision PowerCapRule(const GovernorLimits& limits,
                      const GovernorInputs& inputs,
                      const GovernorMemory& memory) {
  if (!limits.power_cap) return {limits.full_clock(), {}, "no power cap"};
  const Phase phase = PhaseOf(inputs);
  for (int clock = limits.full_clock(); clock > 0; --clock) {
    const Price price = memory.Corrected(phase, clock, inputs.step[clock]);
    if (price.energy / price.time <= *limits.power_cap) {
      return {clock, {}, "highest under the power cap"};
    }
  }
  return {0, {}, "lowest clock, perhaps over the power cap"};
}

}  // namespace mj
