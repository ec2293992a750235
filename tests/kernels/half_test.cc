#include "kernels/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kTiny = 0x1p-24f;  // the smallest half above 0

struct RoundingCase {
  const char* name;
  float x;
  uint16_t want;
};

constexpr RoundingCase kHalfCases[] = {
    {"zero", 0.0f, 0x0000},
    {"negative zero", -0.0f, 0x8000},
    {"one", 1.0f, 0x3C00},
    {"negative", -2.5f, 0xC100},
    {"tie to even, down", 1 + 0x1p-11f, 0x3C00},
    {"tie to even, up", 1 + 3 * 0x1p-11f, 0x3C02},
    {"above a tie", 1 + 0x1p-11f + 0x1p-23f, 0x3C01},
    {"carry into the exponent", 2 - 0x1p-12f, 0x4000},
    {"largest", 65504, 0x7BFF},
    {"just below overflow", 65519.996f, 0x7BFF},
    {"overflow", 65520, 0x7C00},
    {"negative overflow", -1e30f, 0xFC00},
    {"infinity", kInfinity, 0x7C00},
    {"smallest normal", 0x1p-14f, 0x0400},
    {"rounds up to normal", 0x1p-14f - 0x1p-26f, 0x0400},
    {"subnormal", 3 * kTiny, 0x0003},
    {"subnormal tie, down", 2.5f * kTiny, 0x0002},
    {"subnormal tie, up", 3.5f * kTiny, 0x0004},
    {"half of the smallest", 0.5f * kTiny, 0x0000},
    {"above half of it", -0.5001f * kTiny, 0x8001},
    {"float subnormal", 1e-40f, 0x0000},
};

TEST(HalfTest, FloatsRoundToTheNearestHalf) {
  for (const RoundingCase& c : kHalfCases) {
    EXPECT_EQ(FloatToHalf(c.x), c.want) << c.name;
  }
}

TEST(HalfTest, EveryHalfIsItsOwnRounding) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float x = HalfToFloat(static_cast<uint16_t>(half));
    if (std::isnan(x)) {
      ASSERT_EQ(FloatToHalf(x), half | 0x200) << half;  // made quiet
    } else {
      ASSERT_EQ(FloatToHalf(x), half);
    }
  }
}

TEST(HalfTest, ARoundedFloatIsNoFartherThanTheNeighbours) {
  for (float x : RandomFloats(20000, 1, 1e-3f)) {
    const uint16_t half = FloatToHalf(x);
    const double error = std::abs(double{HalfToFloat(half)} - x);
    for (int step : {-1, 1}) {
      if (step == -1 && HalfToFloat(half) == 0) continue;  // none below
      const auto other = static_cast<uint16_t>(half + step);
      ASSERT_LE(error, std::abs(double{HalfToFloat(other)} - x)) << x;
    }
  }
}

constexpr RoundingCase kBFloat16Cases[] = {
    {"zero", 0.0f, 0x0000},
    {"negative zero", -0.0f, 0x8000},
    {"negative", -1.5f, 0xBFC0},
    {"tie to even, down", 1 + 0x1p-8f, 0x3F80},
    {"tie to even, up", 1 + 3 * 0x1p-8f, 0x3F82},
    {"above a tie", 1 + 0x1p-8f + 0x1p-23f, 0x3F81},
    {"carry into the exponent", 2 - 0x1p-10f, 0x4000},
    {"overflow", std::numeric_limits<float>::max(), 0x7F80},
    {"negative infinity", -kInfinity, 0xFF80},
    {"subnormal", 0x1p-133f, 0x0001},
    {"subnormal tie", 0x1p-134f, 0x0000},
};

TEST(BFloat16Test, FloatsRoundToTheNearest) {
  for (const RoundingCase& c : kBFloat16Cases) {
    EXPECT_EQ(FloatToBFloat16(c.x), c.want) << c.name;
  }
}

// Also one whose only set bits are those that rounding drops.
TEST(HalfTest, NaNStaysNaN) {
  for (uint32_t bits :
       {0x7F800001u, 0x7FFFFFFFu, std::bit_cast<uint32_t>(kNaN)}) {
    for (uint32_t sign : {0u, 0x80000000u}) {
      const float x = std::bit_cast<float>(bits | sign);
      const uint16_t half = FloatToHalf(x);
      EXPECT_TRUE(std::isnan(HalfToFloat(half))) << bits;
      const uint16_t brain = FloatToBFloat16(x);
      EXPECT_GT(brain & 0x7FFF, 0x7F80) << bits;
      EXPECT_EQ(half >> 15, sign >> 31);
      EXPECT_EQ(brain >> 15, sign >> 31);
    }
  }
}

}  // namespace
}  // namespace mj
