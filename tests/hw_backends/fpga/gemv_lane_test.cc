#include "hw_backends/fpga/gemv_lane.h"

#include <gtest/gtest.h>

#include <vector>

namespace mj {
namespace {

TEST(GemvLaneTest, EveryGroupHasItsFactor) {
  const std::vector<int8_t> x = {1, 2, 3, 4, 5}, w = {10, -20, 30, 40, -50};
  // Groups of 2, the last of 1: sums -30, 250, -250.
  const std::vector<int32_t> multipliers = {1, 2, 3};
  EXPECT_EQ(GroupedDot(x, w, 2, multipliers, 0), -30 + 500 - 750);
}

TEST(GemvLaneTest, RoundsEveryGroupByItself) {
  const std::vector<int8_t> x = {1, 1}, w = {3, 3};
  const std::vector<int32_t> each = {1, 1}, both = {1};
  // 3 / 2 is 1.5, a tie: 2 each; 6 / 2 is 3.
  EXPECT_EQ(GroupedDot(x, w, 1, each, 1), 4);
  EXPECT_EQ(GroupedDot(x, w, 2, both, 1), 3);
}

TEST(GemvLaneTest, SaturatesTheRunningSum) {
  const std::vector<int8_t> x = {127, 127, 127}, w = {127, 127, -127};
  const std::vector<int32_t> multipliers(3, INT32_MAX);
  // Two groups reach the top and stay; the third reaches the bottom.
  EXPECT_EQ(GroupedDot(x, w, 1, multipliers, 0), -1);
}

}  // namespace
}  // namespace mj
