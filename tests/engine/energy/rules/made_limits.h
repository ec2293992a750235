// A governor's limits with round numbers, for tests of its rules.
#ifndef MILLIJOULE_TESTS_ENGINE_ENERGY_RULES_MADE_LIMITS_H_
#define MILLIJOULE_TESTS_ENGINE_ENERGY_RULES_MADE_LIMITS_H_

#include <vector>

#include "engine/energy/governor.h"

namespace mj {

// Four clocks. Computing takes 80, 40, 20, 10 ms for a chunk of 100 rows.
inline GovernorLimits MadeLimits(GovernorPolicy policy) {
  GovernorLimits limits;
  limits.policy = policy;
  limits.slo_ttft = Seconds(0.4);
  limits.slo_tpot = Seconds(0.05);
  limits.max_batched_tokens = 100;
  limits.switch_latency = Seconds(0.001);
  limits.switch_energy = Joules(0.001);
  limits.parked = {Watts(8), Seconds(0.05)};
  limits.dropped = {Watts(2), Seconds(3)};
  for (int clock = 0; clock < 4; ++clock) {
    const double slow = 8 >> clock;  // 8, 4, 2, 1
    limits.clocks.push_back(Hertz(1e9 / slow));
    limits.idle_power.push_back(Watts(10 + 10 / slow));
    ClockProfile p;
    p.base = Seconds(0.004);
    p.per_sequence = Seconds(0.0002 * slow);
    p.per_token = Seconds(1e-7);
    p.per_prompt_token = Seconds(0.0001 * slow);
    p.full_step = {Joules(1 + 0.1 * clock * clock - 0.1 * clock),
                   Seconds(0.01 * slow)};
    limits.profile.push_back(p);
  }
  return limits;
}

inline SequenceProgress Prompt(double arrived, int uncomputed, int rows) {
  return {.arrived = Seconds(arrived), .uncomputed = uncomputed, .rows = rows};
}

inline SequenceProgress Reply(double first_token, int tokens) {
  return {.arrived = Seconds(first_token - 0.1),
          .first_token = Seconds(first_token),
          .tokens = tokens,
          .uncomputed = 1,
          .context = 100,
          .rows = 1};
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_ENERGY_RULES_MADE_LIMITS_H_
