#include "hw_backends/models/attention_pass.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(AttentionPassTest, FusionSavesTwoPasses) {
  // D = 64, P = 16: 4 cycles a key.
  EXPECT_EQ(FusedSoftmaxCycles(1000, 64, 16), 5004);
  EXPECT_EQ(UnfusedSoftmaxCycles(1000, 64, 16), 7012);
  EXPECT_EQ(FusedSoftmaxCycles(1, 64, 16), 9);
  EXPECT_EQ(FusedSoftmaxCycles(10, 65, 16), 10 * 5 + 14);
}

TEST(AttentionPassTest, ScoresFusedGrowWithTheKeysOnly) {
  EXPECT_EQ(FusedScoreBytes(512, 1), 512);
  EXPECT_EQ(UnfusedScoreBytes(512, 1), 512 * 512);
}

}  // namespace
}  // namespace mj
