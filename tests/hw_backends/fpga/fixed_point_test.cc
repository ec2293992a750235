#include "hw_backends/fpga/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>

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

TEST(FixedPointTest, ShiftsRoundHalfToEven) {
  const struct {
    int64_t x;
    int shift;
    int64_t want;
  } cases[] = {{4, 1, 2},
               {5, 1, 2},
               {7, 1, 4},
               {-5, 1, -2},
               {-7, 1, -4},
               {11, 2, 3},
               {10, 2, 2},
               {-1, 1, 0},
               {1, 62, 0},
               {-1, 62, 0},
               {int64_t{1} << 60, 63, 0}};
  for (const auto& c : cases) {
    EXPECT_EQ(ShiftHalfEven(c.x, c.shift), c.want) << c.x << " >> " << c.shift;
  }
}

TEST(FixedPointTest, MultipliersHoldSixteenBits) {
  for (float value : {1.0f, -1.0f, 0.1f, 3e-7f, 1.9999999f, -12345.678f}) {
    const Multiplier m = MultiplierOf(value);
    EXPECT_GE(std::abs(m.multiplier), 1 << 15);
    EXPECT_LE(std::abs(m.multiplier), 1 << 16);
    EXPECT_NEAR(std::ldexp(m.multiplier, m.exponent), value,
                std::abs(value) * 0x1p-16);
  }
  EXPECT_EQ(MultiplierOf(0.0f).multiplier, 0);
}

}  // namespace
}  // namespace mj
