#include "engine/energy/governor_memory.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(StepCorrectionsTest, AClockThatIsUsedLittleTakesItsPhasesRatio) {
  StepCorrections corrections(3);
  EXPECT_EQ(corrections.ratio(Phase::kDecode, 0), 1);
  for (int i = 0; i < 50; ++i) {
    corrections.Observe(Phase::kDecode, 2, Seconds(1), Seconds(1.3));
  }
  EXPECT_NEAR(corrections.ratio(Phase::kDecode, 2), 1.3, 1e-6);
  EXPECT_NEAR(corrections.ratio(Phase::kDecode, 0), 1.3, 1e-6);
  EXPECT_EQ(corrections.ratio(Phase::kPrefill, 2), 1);
  for (int i = 0; i < 10; ++i) {
    corrections.Observe(Phase::kDecode, 0, Seconds(1), Seconds(2));
  }
  EXPECT_NEAR(corrections.ratio(Phase::kDecode, 0), 2, 1e-6);
}

TEST(StepCorrectionsTest, TheSpreadIsThatOfTheSteps) {
  StepCorrections steady(1), noisy(1);
  for (int i = 0; i < 400; ++i) {
    steady.Observe(Phase::kPrefill, 0, Seconds(1), Seconds(1));
    noisy.Observe(Phase::kPrefill, 0, Seconds(1), Seconds(i % 2 ? 1.1 : 0.9));
  }
  EXPECT_NEAR(steady.spread(Phase::kPrefill), 0, 1e-9);
  EXPECT_NEAR(noisy.spread(Phase::kPrefill), 0.1, 0.01);
}

TEST(StepCorrectionsTest, IgnoresWhatCannotBe) {
  StepCorrections corrections(1);
  corrections.Observe(Phase::kDecode, 0, Seconds(0), Seconds(1));
  corrections.Observe(Phase::kDecode, 0, Seconds(1), Seconds(-1));
  EXPECT_EQ(corrections.ratio(Phase::kDecode, 0), 1);
}

void Feed(TailGuard& guard, double ratio, int replies, bool saturated) {
  for (int i = 0; i < replies; ++i) guard.Observe(ratio, saturated);
}

TEST(TailGuardTest, RisesOnALateTailAndFallsSlowlyAfterwards) {
  TailGuard guard({0.1, 0.6});
  EXPECT_EQ(guard.value(), 0.1);
  Feed(guard, 1.2, 320, false);
  const double high = guard.value();
  EXPECT_GT(high, 0.3);
  EXPECT_NEAR(guard.p99(), 1.2, 1e-6);
  Feed(guard, 0.5, 320, false);
  EXPECT_LT(guard.value(), high);
  EXPECT_GT(guard.value(), high - 0.3);
}

TEST(TailGuardTest, DoesNotWindUp) {
  TailGuard saturated({0.1, 0.6});
  Feed(saturated, 2, 3200, true);
  EXPECT_EQ(saturated.value(), 0.1) << "the clock was at its top";
  TailGuard late({0.1, 0.6});
  Feed(late, 9, 32000, false);
  EXPECT_DOUBLE_EQ(late.value(), 0.6);
  EXPECT_DOUBLE_EQ(late.level(), 1);
  Feed(late, 0.5, 256 + 320, false);
  EXPECT_LT(late.value(), 0.55) << "comes back from its end at once";
}

TEST(GovernorMemoryTest, LearnsTraffic) {
  GovernorMemory memory(2, Seconds(1), Seconds(0.1));
  EXPECT_EQ(memory.traffic.rate(), 0);
  for (int i = 0; i < 200; ++i) memory.ObserveArrival(Seconds(0.5 * i), 300, 2);
  EXPECT_NEAR(memory.traffic.rate(), 2, 1e-9);
  EXPECT_NEAR(memory.traffic.mean_prompt, 300, 1e-9);
  EXPECT_NEAR(memory.traffic.mean_in_flight, 2, 1e-9);
}

// A reply that full speed would not have saved is not the governor's fault.
TEST(GovernorMemoryTest, LostCausesDoNotMoveTheGuard) {
  GovernorMemory memory(2, Seconds(1), Seconds(0.1));
  const ReplyObservation lost{.ttft = Seconds(3),
                              .ttft_lost = Seconds(0.5),
                              .decode = Seconds(2),
                              .decode_lost = Seconds(0.1),
                              .tokens = 11};
  for (int i = 0; i < 100; ++i) memory.ObserveReply(lost);
  EXPECT_EQ(memory.ttft_guard.level(), 0);
  EXPECT_EQ(memory.tpot_guard.level(), 0);
  ReplyObservation ours = lost;
  ours.ttft_lost = Seconds(2.5);
  ours.decode_lost = Seconds(1.5);
  for (int i = 0; i < 100; ++i) memory.ObserveReply(ours);
  EXPECT_GT(memory.ttft_guard.level(), 0);
  EXPECT_GT(memory.tpot_guard.level(), 0);
  EXPECT_EQ(memory.traffic.mean_reply, 11);
}

TEST(GovernorMemoryTest, CountsTimeLostBelowFullSpeed) {
  GovernorMemory memory(2, Seconds(1), Seconds(0.1));
  memory.ObserveWait(Seconds(0.25));
  memory.ObserveStep({.clock = 0,
                      .predicted = {Joules(1), Seconds(0.3)},
                      .full_speed = Seconds(0.1),
                      .measured = Seconds(0.3)});
  EXPECT_NEAR(memory.lost().count(), 0.45, 1e-9);
}

}  // namespace
}  // namespace mj
