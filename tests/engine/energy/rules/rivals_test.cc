#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "engine/energy/rules/lowest_feasible_rule.h"
#include "engine/energy/rules/static_rules.h"
#include "engine/energy/rules/throttle_rule.h"
#include "tests/engine/energy/rules/made_limits.h"

namespace mj {
namespace {

GovernorMemory NewMemory() {
  return GovernorMemory(4, Seconds(0.4), Seconds(0.05));
}

TEST(StaticRulesTest, OneGoodSpeedIsThatOfLeastEnergy) {
  const GovernorLimits limits = MadeLimits(GovernorPolicy::kGatedStatic);
  // Full steps take 1, 1, 1.2, 1.6 J: the lower of equals does not win.
  EXPECT_LE(GatedStaticRule(limits).clock, 1);
  EXPECT_EQ(FmaxRule(limits).clock, 3);
}

struct CapCase {
  double watts;
  int clock;
};

TEST(StaticRulesTest, TheHighestClockUnderThePowerCap) {
  constexpr std::array<Price, 4> kStep = {{{Joules(1), Seconds(0.02)},   // 50 W
                                           {Joules(1), Seconds(0.01)},   // 100
                                           {Joules(1), Seconds(0.005)},  // 200
                                           {Joules(1), Seconds(0.0025)}}};
  constexpr CapCase kCases[] = {{1000, 3}, {400, 3}, {399, 2},
                                {100, 1},  {60, 0},  {10, 0}};
  for (const CapCase& c : kCases) {
    GovernorLimits limits = MadeLimits(GovernorPolicy::kPowerCap);
    limits.power_cap = Watts(c.watts);
    EXPECT_EQ(PowerCapRule(limits, {.step = kStep}, NewMemory()).clock, c.clock)
        << c.watts;
  }
}

struct LowestCase {
  const char* name;
  std::vector<SequenceProgress> sequences;
  int num_queued;
  int clock;
};

// Clocks of 700 to 1000 MHz, of which t = 4 ms + 0.2 ms x slowness a sequence +
// 0.1 ms x slowness a prompt token; slowness 8, 4, 2, 1. Now is 1 s. The lowest
// clock is below 71 % of the highest, and no candidate.
TEST(LowestFeasibleRuleTest, NamedCases) {
  GovernorLimits limits = MadeLimits(GovernorPolicy::kLowestFeasible);
  limits.clocks = {Hertz(7.0e8), Hertz(7.2e8), Hertz(9.0e8), Hertz(1e9)};
  const std::vector<SequenceProgress> many(80, Reply(0.5, 3));
  const LowestCase kCases[] = {
      {"one reply: the lowest candidate", {Reply(0.5, 3)}, 0, 1},
      {"80 replies, 69 ms at the lowest candidate: over 67.5", many, 0, 2},
      {"a request waits", {Reply(0.5, 3)}, 1, 3},
      {"a chunk beside a reply, 44 ms",
       {Reply(0.5, 3), Prompt(0.99, 100, 100)},
       0,
       1},
      {"a long prompt: 8 chunks within 1.35 TTFT",
       {Prompt(0.99, 800, 100)},
       0,
       1},
      {"the same, late", {Prompt(0.7, 800, 100)}, 0, 2},
      {"the same, later", {Prompt(0.6, 800, 100)}, 0, 3},
  };
  for (const LowestCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const Decision decision = LowestFeasibleRule(limits,
                                                 {.now = Seconds(1),
                                                  .sequences = c.sequences,
                                                  .num_queued = c.num_queued},
                                                 NewMemory());
    EXPECT_EQ(decision.clock, c.clock) << decision.reason;
  }
}

TEST(LowestFeasibleRuleTest, ManyArrivalsAskForFullSpeed) {
  GovernorMemory memory = NewMemory();
  // 9000 prompt tokens a second; full speed computes 10000.
  for (int i = 0; i < 200; ++i) memory.ObserveArrival(Seconds(0.01 * i), 90, 2);
  const std::array<SequenceProgress, 1> one = {Reply(0.5, 3)};
  EXPECT_EQ(LowestFeasibleRule(MadeLimits(GovernorPolicy::kLowestFeasible),
                               {.now = Seconds(1), .sequences = one}, memory)
                .clock,
            3);
}

TEST(LowestFeasibleRuleTest, LowersAfterFiveSecondsWithoutWork) {
  const IdleDecision soon = LowestFeasibleIdle(
      {.now = Seconds(12), .idle_since = Seconds(10), .achieved_clock = 2});
  EXPECT_EQ(soon.clock, 2);
  EXPECT_EQ(*soon.ask_again, Seconds(15));
  EXPECT_EQ(
      LowestFeasibleIdle(
          {.now = Seconds(15), .idle_since = Seconds(10), .achieved_clock = 2})
          .clock,
      0);
}

TEST(ThrottleRuleTest, TheLowestClockThatMeetsTheProjection) {
  const GovernorLimits limits = MadeLimits(GovernorPolicy::kThrottle);
  const auto clock = [&](int replies) {
    const std::vector<SequenceProgress> all(replies, Reply(0.95, 3));
    return ThrottleRule(limits, {.now = Seconds(1), .sequences = all},
                        NewMemory())
        .clock;
  };
  EXPECT_EQ(clock(1), 0);
  // 4 ms + B (1.6 ms + context x 0.1 us): 50 ms allow 28 at the lowest clock.
  EXPECT_EQ(clock(20), 0);
  EXPECT_EQ(clock(35), 1);
  EXPECT_EQ(clock(100), 2);
  EXPECT_EQ(clock(120), 3);
}

TEST(ThrottleRuleTest, ALostRequestAsksForFullSpeed) {
  const std::array<SequenceProgress, 1> late = {Reply(0.5, 3)};
  EXPECT_EQ(ThrottleRule(MadeLimits(GovernorPolicy::kThrottle),
                         {.now = Seconds(90), .sequences = late}, NewMemory())
                .clock,
            3);
}

}  // namespace
}  // namespace mj
