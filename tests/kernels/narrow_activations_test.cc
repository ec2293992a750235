#include "kernels/narrow_activations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int64_t kGroups = 3, kRows = 2;

struct Storage {
  std::vector<int8_t> codes = std::vector<int8_t>(32 * kGroups * kRows);
  std::vector<float> scales = std::vector<float>(kGroups * kRows);
  std::vector<int32_t> sums = std::vector<int32_t>(2 * kGroups * kRows);
  std::vector<float> totals = std::vector<float>(kGroups * kRows);

  Storage(int bits, const std::vector<float>& x) {
    NarrowQuantiseRows(bits)(
        x.data(), 32 * kGroups, kRows, kGroups,
        {codes.data(), scales.data(), sums.data(), totals.data(), kRows});
  }
};

TEST(NarrowActivationsTest, CodesHaveTheirBits) {
  const std::vector<float> x = RandomFloats(32 * kGroups * kRows, 1);
  for (const int bits : {2, 4}) {
    SCOPED_TRACE(bits);
    const int highest = (1 << (bits - 1)) - 1;
    const Storage out(bits, x);
    for (int64_t at = 0; at < kGroups * kRows; ++at) {
      const float* group =
          x.data() + at % kRows * 32 * kGroups + at / kRows * 32;
      float largest = 0;
      int largest_code = 0, sum = 0;
      for (int k = 0; k < 32; ++k) {
        const int code = out.codes[32 * at + k];
        EXPECT_NEAR(group[k], out.scales[at] * code, out.scales[at] * 0.5001);
        largest = std::max(largest, std::abs(group[k]));
        largest_code = std::max(largest_code, std::abs(code));
        sum += code;
      }
      EXPECT_EQ(largest_code, highest);
      EXPECT_FLOAT_EQ(out.scales[at], largest / highest);
      EXPECT_EQ(out.sums[2 * at] + out.sums[2 * at + 1], sum);
      EXPECT_FLOAT_EQ(out.totals[at], out.scales[at] * sum);
    }
  }
}

TEST(NarrowActivationsTest, WhatIsNotFiniteShowsInTheScale) {
  std::vector<float> x(32 * kGroups * kRows, 0.0f);
  x[40] = std::numeric_limits<float>::quiet_NaN();
  const Storage out(4, x);
  EXPECT_EQ(out.scales[0], 0);
  EXPECT_TRUE(std::isnan(out.scales[kRows]));
}

}  // namespace
}  // namespace mj
