#include "hw_backends/models/gemv_lanes.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(GemvLanesTest, CountsWholeTiles) {
  const GemvLanes lanes{.inputs = 32, .outputs = 32};
  EXPECT_EQ(GemvCycles(lanes, {1, 576, 576}), 324);
  EXPECT_EQ(GemvCycles(lanes, {64, 576, 576}), 20736);
  EXPECT_EQ(GemvCycles(lanes, {32, 32, 32}), 32);
  EXPECT_EQ(GemvCycles(lanes, {100, 70, 50}), 600);
  EXPECT_EQ(GemvCycles(lanes, {1, 1536, 576}), 864);
}

TEST(GemvLanesTest, DepthIsPaidOnce) {
  const GemvLanes lanes{.inputs = 16, .outputs = 4, .depth = 7};
  EXPECT_EQ(GemvCycles(lanes, {3, 5, 17}), 3 * 2 * 2 + 7);
}

}  // namespace
}  // namespace mj
