#include "hw_backends/models/colonnade.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(ColonnadeTest, SumsTakeColumnsBesideTheWeight) {
  const Colonnade c{.rows = 128, .columns = 128, .registers = 16};
  EXPECT_EQ(ColonnadeWeights(c, 1), 16);
  EXPECT_EQ(ColonnadeWeights(c, 8), 8);
  EXPECT_EQ(ColonnadeWeights(c, 16), 5);
  EXPECT_EQ(ColonnadeWeights({.rows = 64, .columns = 128}, 8), 9);
  EXPECT_EQ(ColonnadeWeights({.rows = 128, .columns = 14}, 8), 0);
}

TEST(ColonnadeTest, ACycleIsTheLongestStage) {
  Colonnade c{
      .rows = 128, .columns = 128, .registers = 1, .delay = Seconds(0.4e-9)};
  EXPECT_NEAR(ColonnadeCycle(c, 8).count(), 58e-9, 1e-15);
  c.registers = 16;
  EXPECT_NEAR(ColonnadeCycle(c, 8).count(), 10e-9, 1e-15);
  c.registers = 3;  // 43 rows in the longest of three
  EXPECT_NEAR(ColonnadeCycle(c, 8).count(), 24e-9, 1e-15);
}

}  // namespace
}  // namespace mj
