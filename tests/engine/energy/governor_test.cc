#include "engine/energy/governor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/engine/energy/rules/made_limits.h"

namespace mj {
namespace {

constexpr std::array<Price, 4> kStep = {{{Joules(0.3), Seconds(0.012)},
                                         {Joules(0.4), Seconds(0.011)},
                                         {Joules(0.6), Seconds(0.010)},
                                         {Joules(1.0), Seconds(0.009)}}};

GovernorMemory NewMemory() {
  return GovernorMemory(4, Seconds(0.4), Seconds(0.05));
}

TEST(GovernorTest, Names) {
  for (const char* name : {"fmax", "fixed", "gated-static", "lowest-feasible",
                           "throttle", "energy", "powercap"}) {
    const auto policy = ParsePolicy(name);
    ASSERT_TRUE(policy.ok());
    EXPECT_EQ(PolicyName(*policy), name);
  }
  EXPECT_THAT(std::string(ParsePolicy("ondemand").status().message()),
              testing::HasSubstr("known: fmax, fixed, gated-static"));
  EXPECT_EQ(IdleStateName(IdleState::kParked), "parked");
}

struct SafetyCase {
  const char* name;
  GovernorPolicy policy;
  GovernorInputs inputs;
  int clock;
  const char* reason;
};

TEST(GovernorTest, SafetyComesFirst) {
  const std::array<SequenceProgress, 1> replies = {Reply(1, 4)};
  const GovernorInputs calm{.now = Seconds(1.15),
                            .sequences = replies,
                            .step = kStep,
                            .achieved_clock = 3};
  const auto with = [calm](auto change) {
    GovernorInputs inputs = calm;
    change(inputs);
    return inputs;
  };
  const auto stale = with([](auto& in) { in.telemetry_age = Seconds(6); });
  const auto broken = with([](auto& in) { in.actuator_works = false; });
  const auto queued = with([](auto& in) { in.num_queued = 1; });
  const auto full = with([](auto& in) { in.kv_used = 0.95; });
  const SafetyCase kCases[] = {
      {"calm", GovernorPolicy::kEnergy, calm, 0, "decode: least energy"},
      {"stale telemetry", GovernorPolicy::kEnergy, stale, 3, "stale telemetry"},
      {"actuator fails", GovernorPolicy::kEnergy, broken, 3, "actuator fails"},
      {"requests queue", GovernorPolicy::kEnergy, queued, 3, "requests queue"},
      {"KV pressure", GovernorPolicy::kEnergy, full, 3, "KV cache nearly full"},
      {"also for rivals", GovernorPolicy::kLowestFeasible, stale, 3,
       "stale telemetry"},
      {"but fixed is fixed", GovernorPolicy::kFixed, stale, 0, "fixed"},
  };
  for (const SafetyCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Decision decision =
        Decide(MadeLimits(c.policy), c.inputs, NewMemory());
    EXPECT_EQ(decision.clock, c.clock);
    EXPECT_EQ(decision.reason, c.reason);
    EXPECT_DOUBLE_EQ(decision.predicted.energy.value(),
                     kStep[c.clock].energy.value());
  }
}

TEST(GovernorTest, PredictionsAreCorrectedOnline) {
  GovernorMemory memory = NewMemory();
  for (int i = 0; i < 100; ++i) {
    memory.ObserveStep({.phase = Phase::kDecode,
                        .clock = 3,
                        .predicted = kStep[3],
                        .full_speed = kStep[3].time,
                        .measured = kStep[3].time * 2});
  }
  const std::array<SequenceProgress, 1> replies = {Reply(1, 4)};
  const Decision decision = Decide(
      MadeLimits(GovernorPolicy::kFmax),
      {.now = Seconds(1.15), .sequences = replies, .step = kStep}, memory);
  EXPECT_NEAR(decision.predicted.time.count(), 0.018, 1e-6);
}

TEST(GovernorTest, PhaseOfAStep) {
  const std::array<SequenceProgress, 2> both = {Reply(1, 4), Prompt(1, 50, 20)};
  const std::array<SequenceProgress, 2> waits = {Reply(1, 4), Prompt(1, 50, 0)};
  EXPECT_EQ(PhaseOf({.sequences = both}), Phase::kPrefill);
  EXPECT_EQ(PhaseOf({.sequences = waits}), Phase::kDecode);
}

}  // namespace
}  // namespace mj
