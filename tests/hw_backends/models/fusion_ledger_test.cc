#include "hw_backends/models/fusion_ledger.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(FusionLedgerTest, SavesTheMapsBetween) {
  for (const double t : {3.0, 4.0, 6.0}) {
    const FusedMaps maps{.in = 1, .between = 2 * t, .out = 1};
    EXPECT_DOUBLE_EQ(FusionReduction(maps, 1), 1 - 2 / (2 + 2 * t));
    EXPECT_DOUBLE_EQ(FusionReduction(maps, 2), 1 - 2 / (2 + 4 * t));
  }
  // The published 87 % lies between both ways of counting at t = 6.
  const FusedMaps maps{.in = 1, .between = 12, .out = 1};
  EXPECT_LT(FusionReduction(maps, 1), 0.87);
  EXPECT_GT(FusionReduction(maps, 2), 0.87);
}

TEST(FusionLedgerTest, AGatedMlpOfSmolLm2) {
  // A row of int8: 576 in, gate, up and their product of 1536, 576 out.
  const FusedMaps maps{.in = 576, .between = 3 * 1536, .out = 576};
  EXPECT_EQ(FusedBytes(maps), 1152);
  EXPECT_EQ(LayerwiseBytes(maps, 2), 1152 + 9216);
}

}  // namespace
}  // namespace mj
