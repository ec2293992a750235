#include "hw_backends/fpga/fixed_point.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

struct RoundCase {
  int64_t value;
  int shift;
  int64_t want;
};

constexpr RoundCase kRoundCases[] = {
    {5, 0, 5},
    {5, 1, 2},
    {7, 1, 4},
    {-5, 1, -2},
    {-7, 1, -4},
    {6, 2, 2},
    {10, 2, 2},
    {11, 2, 3},
    {-6, 2, -2},
    {-10, 2, -2},
    {-11, 2, -3},
    {1, 62, 0},
    {1LL << 62, 62, 1},
    {1LL << 61, 62, 0},
    {(1LL << 61) + 1, 62, 1},
    {-(1LL << 62), 0, -(1LL << 62)},
};

TEST(FixedPointTest, RoundsToNearestTiesToEven) {
  for (const RoundCase& c : kRoundCases) {
    EXPECT_EQ(RoundShift(c.value, c.shift), c.want)
        << c.value << " / 2^" << c.shift;
  }
}

TEST(FixedPointTest, SaturatesAtBothEnds) {
  EXPECT_EQ(Saturate(127, 8), 127);
  EXPECT_EQ(Saturate(128, 8), 127);
  EXPECT_EQ(Saturate(-128, 8), -128);
  EXPECT_EQ(Saturate(-129, 8), -128);
  EXPECT_EQ(Saturate(int64_t{1} << 40, 32), INT32_MAX);
}

TEST(FixedPointTest, RequantisesTheWholeRange) {
  // 0.75 of 10 is 7.5, a tie.
  EXPECT_EQ(Requantise(10, {3, 2}, 8), 8);
  EXPECT_EQ(Requantise(-10, {3, 2}, 8), -8);
  EXPECT_EQ(Requantise(INT32_MIN, {INT32_MIN, 31}, 32), INT32_MAX);
  EXPECT_EQ(Requantise(INT32_MIN, {INT32_MIN, 62}, 32), 1);
  EXPECT_EQ(Requantise(INT32_MIN, {INT32_MAX, 0}, 32), INT32_MIN);
}

}  // namespace
}  // namespace mj
