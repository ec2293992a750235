#include "engine/energy/rules/idle_rule.h"

#include <algorithm>
#include <array>

namespace mj {
namespace {

constexpr double kWakeShare = 0.25;  // of the SLO of TTFT

struct Rung {
  IdleState state;
  int clock;
  Watts power;
  Seconds wake;
  Joules cost;  // down and back
  std::string_view reason;
};

}  // namespace

IdleDecision EnergyIdle(const GovernorLimits& limits, const IdleInputs& inputs,
                        const GovernorMemory& memory) {
  const int clock = inputs.actuator_works ? 0 : limits.full_clock();
  const Watts here = limits.idle_power[inputs.achieved_clock];
  const Watts waking = limits.idle_power[limits.full_clock()];
  const std::array<Rung, 3> rungs = {{
      {IdleState::kLoaded, clock, limits.idle_power[clock],
       limits.switch_latency, 2 * limits.switch_energy, "idle: lowest clock"},
      {IdleState::kParked, clock, limits.parked.power, limits.parked.wake,
       waking * limits.parked.wake, "idle: parked"},
      {IdleState::kDropped, clock, limits.dropped.power, limits.dropped.wake,
       waking * limits.dropped.wake, "idle: weights dropped"},
  }};
  IdleDecision decision{.clock = inputs.achieved_clock,
                        .reason = "idle: too short to change"};
  Watts power = here;
  for (const Rung& rung : rungs) {
    if (rung.power >= power || rung.wake > limits.slo_ttft * kWakeShare) {
      continue;
    }
    const Seconds break_even(rung.cost / ((power - rung.power) * Seconds(1)));
    const Seconds due = memory.traffic.mean_gap > break_even
                            ? inputs.idle_since
                            : inputs.idle_since + break_even;
    if (inputs.now < due) {
      decision.ask_again = due;
      break;
    }
    decision = {
        .clock = rung.clock, .state = rung.state, .reason = rung.reason};
    power = rung.power;
  }
  return decision;
}

}  // namespace mj
