#include "engine/energy/rules/energy_rule.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/engine/energy/rules/made_limits.h"

namespace mj {
namespace {

// Decode hardly knows the clock; prompts follow it.
constexpr std::array<Price, 4> kDecode = {{{Joules(0.60), Seconds(0.016)},
                                           {Joules(0.28), Seconds(0.010)},
                                           {Joules(0.40), Seconds(0.009)},
                                           {Joules(0.80), Seconds(0.008)}}};
constexpr std::array<Price, 4> kPrompt = {{{Joules(3.0), Seconds(0.160)},
                                           {Joules(2.0), Seconds(0.080)},
                                           {Joules(1.5), Seconds(0.040)},
                                           {Joules(2.0), Seconds(0.020)}}};

GovernorMemory Busy() {
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 100; ++i) memory.ObserveArrival(Seconds(0.2 * i), 50, 2);
  return memory;
}

struct RuleCase {
  const char* name;
  std::vector<SequenceProgress> sequences;
  std::array<Price, 4> step;
  int clock;
  bool waits;
};

// Now is 10 s. The clock at hand is full speed.
TEST(EnergyRuleTest, NamedCases) {
  const RuleCase kCases[] = {
      {"decode with slack: the cheapest clock, and a wait",
       {Reply(9, 24)},
       kDecode,
       1,
       true},
      {"decode that is late: the cheapest that catches up, no wait",
       {Reply(9, 19)},
       kDecode,
       1,
       false},
      {"a prompt alone: the least energy, not the lowest clock",
       {Prompt(9.99, 100, 100)},
       kPrompt,
       2,
       false},
      {"a prompt in a hurry", {Prompt(9.69, 100, 100)}, kPrompt, 3, false},
      {"a lost prompt asks for nothing",
       {Prompt(9.2, 100, 100)},
       kPrompt,
       2,
       false},
      {"six chunks of prompt", {Prompt(9.9, 600, 100)}, kPrompt, 3, false},
      {"replies far ahead bear a prompt beside them",
       {Reply(9, 30), Prompt(9.99, 99, 99)},
       kPrompt,
       2,
       false},
      {"replies far behind do not",
       {Reply(9, 17), Prompt(9.99, 99, 99)},
       kPrompt,
       3,
       false},
  };
  for (const RuleCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
    const Decision decision = EnergyRule(limits,
                                         {.now = Seconds(10),
                                          .sequences = c.sequences,
                                          .step = c.step,
                                          .achieved_clock = 3},
                                         Busy());
    EXPECT_EQ(decision.clock, c.clock) << decision.reason;
    EXPECT_EQ(decision.wait > Seconds(0), c.waits);
    EXPECT_FALSE(decision.reason.empty());
  }
}

GovernorInputs Slack(std::span<const SequenceProgress> sequences) {
  return {.now = Seconds(10),
          .sequences = sequences,
          .step = kDecode,
          .achieved_clock = 1};
}

TEST(EnergyRuleTest, AWaitEndsBeforeTheFirstTokenIsDue) {
  const std::array<SequenceProgress, 2> replies = {Reply(9, 30), Reply(9, 24)};
  GovernorMemory memory = Busy();
  memory.ObserveRequest(1, Seconds(5));
  const Decision decision =
      EnergyRule(MadeLimits(GovernorPolicy::kEnergy), Slack(replies), memory);
  EXPECT_EQ(decision.clock, 1);
  EXPECT_GT(decision.wait, Seconds(0.01));
  // Token 24 is due at 9 + 24 x 50 ms.
  EXPECT_LE(Seconds(10) + decision.wait + kDecode[1].time, Seconds(10.2));
}

TEST(EnergyRuleTest, RepliesThatAreAloneDoNotWait) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 4; ++i) memory.ObserveArrival(Seconds(100 * i), 50, 2);
  const Decision decision =
      EnergyRule(MadeLimits(GovernorPolicy::kEnergy), Slack(reply), memory);
  EXPECT_EQ(decision.wait, Seconds(0));
}

TEST(EnergyRuleTest, AClientThatSendsAfterEachReplyDoesNotWait) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 100; ++i) memory.ObserveArrival(Seconds(0.2 * i), 50, 0);
  const Decision decision =
      EnergyRule(MadeLimits(GovernorPolicy::kEnergy), Slack(reply), memory);
  EXPECT_EQ(decision.clock, 1);
  EXPECT_EQ(decision.wait, Seconds(0));
}

TEST(EnergyRuleTest, ASwitchMustPayAndALowerClockMustWait) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  GovernorMemory memory = Busy();
  memory.ObserveRequest(2, Seconds(9.9999));
  GovernorInputs in = Slack(reply);
  in.achieved_clock = 2;
  EXPECT_EQ(EnergyRule(limits, in, memory).clock, 2) << "no dwell yet";
  in.now = Seconds(10.01);
  EXPECT_EQ(EnergyRule(limits, in, memory).clock, 1);
  limits.switch_energy = Joules(100);
  EXPECT_EQ(EnergyRule(limits, in, memory).clock, 2) << "does not pay";
}

TEST(EnergyRuleTest, ASlowSwitchKeepsDecodeReadyForPrompts) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 100; ++i) memory.ObserveArrival(Seconds(i), 300, 2);
  EXPECT_EQ(EnergyRule(limits, Slack(reply), memory).clock, 1);
  limits.switch_latency = Seconds(0.5);
  EXPECT_GT(EnergyRule(limits, Slack(reply), memory).clock, 1);
}

// A long prompt would still end in time, but no longer with full speed's slack.
TEST(EnergyRuleTest, ASwitchCostsALongPromptLittle) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 100; ++i) memory.ObserveArrival(Seconds(i), 100, 2);
  limits.switch_latency = Seconds(0.1);
  EXPECT_GT(EnergyRule(limits, Slack(reply), memory).clock, 1);
  limits.energy.ready_lag = 1;
  EXPECT_EQ(EnergyRule(limits, Slack(reply), memory).clock, 1);
}

// Half way from calm to busy: a switch may cost 0.65 of what it may when calm.
TEST(EnergyRuleTest, ASwitchCostsLessWhenPromptsAreBusy) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorLimits limits = MadeLimits(GovernorPolicy::kEnergy);
  GovernorMemory memory(4, Seconds(0.4), Seconds(0.05));
  for (int i = 0; i < 100; ++i) {
    memory.ObserveArrival(Seconds(0.01 / 0.31 * i), 100, 2);
  }
  limits.switch_latency = Seconds(0.03);
  EXPECT_EQ(EnergyRule(limits, Slack(reply), memory).clock, 2);
  limits.energy.busy_lag = 1;
  EXPECT_EQ(EnergyRule(limits, Slack(reply), memory).clock, 1);
}

TEST(EnergyRuleTest, WithoutAnActuatorItStillWaits) {
  const std::array<SequenceProgress, 1> reply = {Reply(9, 24)};
  GovernorInputs in = Slack(reply);
  in.achieved_clock = 3;
  in.actuator_works = false;
  const Decision decision =
      EnergyRule(MadeLimits(GovernorPolicy::kEnergy), in, Busy());
  EXPECT_EQ(decision.clock, 3);
  EXPECT_GT(decision.wait, Seconds(0));
}

}  // namespace
}  // namespace mj
