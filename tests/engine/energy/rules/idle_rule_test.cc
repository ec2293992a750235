#include "engine/energy/rules/idle_rule.h"

#include <gtest/gtest.h>

#include "tests/engine/energy/rules/made_limits.h"

namespace mj {
namespace {

GovernorMemory Gaps(double gap) {
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 200; ++i) memory.ObserveArrival(Seconds(gap * i), 50, 2);
  return memory;
}

IdleDecision At(double idle, double gap, const GovernorLimits& limits,
                bool actuator_works = true) {
  return EnergyIdle(limits,
                    {.now = Seconds(100 + idle),
                     .idle_since = Seconds(100),
                     .achieved_clock = 3,
                     .actuator_works = actuator_works},
                    Gaps(gap));
}

// Loaded idle draws 20 W at full clock and 11.25 W at the lowest, parked 8 W.
// Two switches of 1 J pay after 2 / 8.75 s, waking (20 W for 50 ms) after
// 1 / 3.25 s.
TEST(IdleRuleTest, GoesDownByBreakEven) {
  GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  limits.switch_energy = Joules(1);
  const double gap = 0.01;  // arrivals are close: nothing at once
  IdleDecision decision = At(0.1, gap, limits);
  EXPECT_EQ(decision.clock, 3);
  EXPECT_EQ(decision.state, IdleState::kLoaded);
  ASSERT_TRUE(decision.ask_again);
  EXPECT_NEAR(decision.ask_again->count(), 100 + 2 / 8.75, 1e-9);
  decision = At(0.25, gap, limits);
  EXPECT_EQ(decision.clock, 0);
  EXPECT_EQ(decision.state, IdleState::kLoaded);
  EXPECT_NEAR(decision.ask_again->count(), 100 + 1 / 3.25, 1e-9);
  decision = At(0.4, gap, limits);
  EXPECT_EQ(decision.state, IdleState::kParked);
  EXPECT_FALSE(decision.ask_again) << "waking from dropped takes 3 s";
}

TEST(IdleRuleTest, GoesDownAtOnceWhereGapsAreLong) {
  EXPECT_EQ(At(0, 60, MadeLimits(GovernorPolicy::kEnergy)).state,
            IdleState::kParked);
}

TEST(IdleRuleTest, AWakeUpMustFitIntoTheTtft) {
  GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  limits.parked.wake = Seconds(0.2);  // over a quarter of 400 ms
  EXPECT_EQ(At(1000, 60, limits).state, IdleState::kLoaded);
  limits.slo_ttft = Seconds(60);
  EXPECT_EQ(At(1000, 60, limits).state, IdleState::kDropped);
}

TEST(IdleRuleTest, WithoutAnActuatorTheClockStays) {
  EXPECT_EQ(At(10, 0.01, MadeLimits(GovernorPolicy::kEnergy), false).clock, 3);
}

}  // namespace
}  // namespace mj
