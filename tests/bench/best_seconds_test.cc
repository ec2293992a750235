#include "bench/best_seconds.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace mj {
namespace {

TEST(BestSecondsTest, IsTheLeastOfSeveralCalls) {
  int calls = 0;
  const double seconds = BestSeconds(
      [&] {
        std::this_thread::sleep_for(
            std::chrono::milliseconds(calls++ < 3 ? 4 : 1));
      },
      0);
  EXPECT_GE(calls, 4);
  EXPECT_GE(seconds, 1e-3);
}

TEST(BestSecondsTest, ShortCallsAreTimedTogether) {
  int calls = 0;
  EXPECT_GT(BestSeconds([&] { ++calls; }, 0), 0);
  EXPECT_GT(calls, 10);
}

}  // namespace
}  // namespace mj
