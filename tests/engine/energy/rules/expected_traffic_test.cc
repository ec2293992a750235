#include "engine/energy/rules/expected_traffic.h"

#include <gtest/gtest.h>

#include "tests/engine/energy/rules/made_limits.h"

namespace mj {
namespace {

constexpr Seconds kTpot{0.05};

// Prompts of 100 tokens take 10 ms at full speed.
GovernorMemory Arrivals(double gap, int in_flight) {
  GovernorMemory memory(4, Seconds(0.4), kTpot);
  for (int i = 0; i < 100; ++i) {
    memory.ObserveArrival(Seconds(gap * i), 100, in_flight);
  }
  return memory;
}

struct TrafficCase {
  const char* name;
  double gap;
  int in_flight;
  double hurry;
  bool company;
};

TEST(ExpectedTrafficTest, NamedCases) {
  const TrafficCase kCases[] = {
      // name                                   gap   in flight hurry company
      {"calm", 0.1, 2, 0, true},
      {"half way to busy", 0.01 / 0.31, 2, 0.5, true},
      {"busy", 0.01, 2, 1, true},
      {"rare requests have no company", 100, 2, 0, false},
      {"one request after the other has none", 0.1, 0, 0, false},
  };
  for (const TrafficCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const ExpectedTraffic expected =
        ExpectTraffic(MadeLimits(GovernorPolicy::kEnergy),
                      Arrivals(c.gap, c.in_flight), kTpot);
    EXPECT_NEAR(expected.hurry, c.hurry, 1e-6);
    EXPECT_EQ(expected.company, c.company);
  }
}

TEST(ExpectedTrafficTest, BeforeAnyRequestNothingIsExpected) {
  const ExpectedTraffic expected =
      ExpectTraffic(MadeLimits(GovernorPolicy::kEnergy),
                    GovernorMemory(4, Seconds(0.4), kTpot), kTpot);
  EXPECT_EQ(expected.hurry, 0);
  EXPECT_FALSE(expected.company);
  EXPECT_EQ(expected.cushion, Seconds(0));
}

// The clock of least energy for prompts takes 80 ms a chunk of 100 tokens.
TEST(ExpectedTrafficTest, TheCushionIsWhatPromptsCostBeyondTpot) {
  const GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  const GovernorMemory memory = Arrivals(1, 2);
  EXPECT_NEAR(ExpectTraffic(limits, memory, kTpot).cushion.count(),
              limits.energy.cushion_prompts * 0.030, 1e-9);
  EXPECT_EQ(ExpectTraffic(limits, memory, Seconds(0.1)).cushion, Seconds(0));
}

TEST(ExpectedTrafficTest, ShortRepliesAreAllowedLess) {
  const GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  GovernorMemory memory = Arrivals(1, 2);
  memory.ObserveReply({.ttft = Seconds(0.1), .tokens = 1000});
  const Seconds whole = kTpot * limits.energy.allowance;
  EXPECT_EQ(ExpectTraffic(limits, memory, kTpot).allowance, whole);
  for (int i = 0; i < 1000; ++i) {
    memory.ObserveReply({.ttft = Seconds(0.1), .tokens = 50});
  }
  EXPECT_NEAR(ExpectTraffic(limits, memory, kTpot).allowance / whole, 0.25,
              0.01);
}

}  // namespace
}  // namespace mj
