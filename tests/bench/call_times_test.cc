#include "bench/call_times.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace mj {
namespace {

TEST(CallTimesTest, QuantilesAreNearestRanks) {
  CallTimes times;
  for (int i = 100; i >= 1; --i) times.Add(i);
  EXPECT_EQ(times.Quantile(0.5), 50);
  EXPECT_EQ(times.Quantile(0.99), 99);
  EXPECT_EQ(times.Quantile(1), 100);
  EXPECT_EQ(times.Quantile(0.001), 1);
  EXPECT_EQ(times.size(), 100u);
}

TEST(CallTimesTest, ASampleIsOfOneCall) {
  CallTimes times;
  const double one = times.Time(
      4, [] { std::this_thread::sleep_for(std::chrono::milliseconds(8)); });
  EXPECT_GE(one, 2e-3);
  EXPECT_EQ(times.Quantile(0.5), one);
}

}  // namespace
}  // namespace mj
