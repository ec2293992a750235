#include "server/grpc/telemetry_message.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

EngineStats At(double joules, uint64_t tokens, double known_time,
               bool known = true) {
  EngineStats stats;
  stats.energy_known_time = Seconds(known_time);
  stats.decode = Joules(joules / 2);
  stats.idle = Joules(joules / 2);
  stats.generated_tokens = tokens;
  stats.energy_known = known;
  stats.energy_method = "modelled";
  stats.kv_blocks_total = 10;
  stats.kv_blocks_used = 4;
  return stats;
}

TEST(TelemetryWriterTest, RatesAreOfTheTimeBetween) {
  TelemetryWriter writer;
  const v1::Telemetry first = writer.Next(At(100, 5, 10), Seconds(10), 1e9);
  EXPECT_EQ(first.unix_seconds(), 1e9);
  EXPECT_DOUBLE_EQ(first.kv_usage(), 0.4);
  EXPECT_FALSE(first.has_watts());
  EXPECT_EQ(first.tokens_per_second(), 0);
  const v1::Telemetry second =
      writer.Next(At(130, 20, 12), Seconds(12), 1e9 + 2);
  EXPECT_DOUBLE_EQ(second.watts(), 15);
  EXPECT_DOUBLE_EQ(second.tokens_per_second(), 7.5);
  EXPECT_DOUBLE_EQ(second.joules_per_token(), 2);
  const v1::Telemetry third =
      writer.Next(At(140, 20, 13), Seconds(13), 1e9 + 3);
  EXPECT_DOUBLE_EQ(third.watts(), 10);
  EXPECT_FALSE(third.has_joules_per_token()) << "no token came";
}

TEST(TelemetryWriterTest, UnknownIsAbsentNotZero) {
  TelemetryWriter writer;
  writer.Next(At(100, 5, 10), Seconds(10), 0);
  const v1::Telemetry lost = writer.Next(At(100, 9, 10, false), Seconds(11), 0);
  EXPECT_FALSE(lost.has_watts());
  EXPECT_FALSE(lost.has_joules_per_token());
  EXPECT_DOUBLE_EQ(lost.tokens_per_second(), 4);
  // The next good reading covers the time between, too.
  EXPECT_DOUBLE_EQ(writer.Next(At(150, 9, 12), Seconds(12), 0).watts(), 25);
  // What is lost for good is neither joules nor time.
  EXPECT_FALSE(writer.Next(At(150, 9, 12, false), Seconds(13), 0).has_watts());
  EXPECT_DOUBLE_EQ(writer.Next(At(160, 9, 13), Seconds(14), 0).watts(), 10);
}

TEST(TelemetryWriterTest, WhileAStepRunsThePowerIsTheLatestKnown) {
  TelemetryWriter writer;
  writer.Next(At(100, 5, 10), Seconds(10), 0);
  EXPECT_DOUBLE_EQ(writer.Next(At(110, 5, 11), Seconds(11), 0).watts(), 10);
  for (int second = 12; second < 16; ++second) {
    const auto message = writer.Next(At(110, 5, 11), Seconds(second), 0);
    EXPECT_DOUBLE_EQ(message.watts(), 10) << second;
    EXPECT_FALSE(message.has_joules_per_token()) << second;
  }
  // The step ended and is told of: 5 s at 40 W.
  const auto told = writer.Next(At(310, 9, 16), Seconds(16), 0);
  EXPECT_DOUBLE_EQ(told.watts(), 40);
  EXPECT_DOUBLE_EQ(told.joules_per_token(), 50);
}

TEST(TelemetryWriterTest, TheGovernorsClocksArrive) {
  EngineStats stats = At(1, 1, 1);
  EXPECT_FALSE(TelemetryWriter().Next(stats, Seconds(1), 0).has_governor());
  stats.governor.emplace();
  stats.governor->policy = "energy";
  stats.governor->advisory = true;
  stats.governor->requested = Hertz(2e9);
  const v1::Telemetry advice = TelemetryWriter().Next(stats, Seconds(1), 0);
  EXPECT_EQ(advice.governor(), "energy");
  EXPECT_TRUE(advice.governor_advisory());
  EXPECT_EQ(advice.frequency_requested_hertz(), 2e9);
  EXPECT_FALSE(advice.has_frequency_achieved_hertz());
  stats.governor->achieved = Hertz(1.9e9);
  EXPECT_EQ(
      TelemetryWriter().Next(stats, Seconds(1), 0).frequency_achieved_hertz(),
      1.9e9);
}

TEST(TelemetryWriterTest, LimitsAndLoadArrive) {
  EngineStats stats = At(1, 1, 1);
  stats.running = 3;
  stats.waiting = 2;
  stats.held = 1;
  stats.power_cap = Watts(42);
  stats.power_cap_violation = Seconds(7);
  stats.limits = {{8, 64, 32}, 0.25};
  const v1::Telemetry message = TelemetryWriter().Next(stats, Seconds(1), 0);
  EXPECT_EQ(message.running(), 3);
  EXPECT_EQ(message.waiting(), 2);
  EXPECT_EQ(message.held(), 1);
  EXPECT_EQ(message.power_cap_watts(), 42);
  EXPECT_EQ(message.power_cap_violation_seconds(), 7);
  EXPECT_EQ(message.max_num_seqs(), 8);
  EXPECT_EQ(message.max_batched_tokens(), 64);
  EXPECT_EQ(message.busy_share(), 0.25);
}

}  // namespace
}  // namespace mj
