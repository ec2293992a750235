#include "hw_backends/fpga/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mj {
namespace {

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
