#include "engine/energy/telemetry.h"

#include <gtest/gtest.h>

#include <thread>

namespace mj {
namespace {

TEST(TelemetryRingTest, FirstInFirstOut) {
  TelemetryRing ring(3);
  StepRecord record;
  EXPECT_FALSE(ring.TryPop(record));
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) {
      record = {.overhead = Joules(i)};
      EXPECT_TRUE(ring.TryPush(record));
    }
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(ring.TryPop(record));
      EXPECT_EQ(record.overhead, Joules(i));
    }
    EXPECT_FALSE(ring.TryPop(record));
  }
}

TEST(TelemetryRingTest, AFullRingLeavesTheRecordAlone) {
  TelemetryRing ring(1);
  StepRecord record{.overhead = Joules(1)};
  ASSERT_TRUE(ring.TryPush(record));
  record = {.shares = {{.request = 7}}, .overhead = Joules(2)};
  EXPECT_FALSE(ring.TryPush(record));
  EXPECT_EQ(record.overhead, Joules(2));
  ASSERT_EQ(record.shares.size(), 1u);
  EXPECT_EQ(record.shares[0].request, 7u);
}

TEST(TelemetryRingTest, TwoThreadsLoseNothing) {
  constexpr int kRecords = 20000;
  TelemetryRing ring(8);
  std::thread producer([&] {
    for (uint64_t i = 0; i < kRecords; ++i) {
      StepRecord record{.shares = {{.request = i, .energy = Joules(1)}}};
      while (!ring.TryPush(record)) std::this_thread::yield();
    }
  });
  StepRecord record;
  for (uint64_t i = 0; i < kRecords; ++i) {
    while (!ring.TryPop(record)) std::this_thread::yield();
    ASSERT_EQ(record.shares.size(), 1u);
    ASSERT_EQ(record.shares[0].request, i);
  }
  producer.join();
  EXPECT_FALSE(ring.TryPop(record));
}

}  // namespace
}  // namespace mj
