#include "kernels/activations.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/half.h"
#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int64_t kGroups = 3;
constexpr int64_t kStride = 5;  // rows of the whole

struct Int8Storage {
  std::vector<int8_t> codes = std::vector<int8_t>(32 * kGroups * kStride, 99);
  std::vector<float> scales = std::vector<float>(kGroups * kStride, -1);
  std::vector<int32_t> sums = std::vector<int32_t>(2 * kGroups * kStride, -1);
  std::vector<float> totals = std::vector<float>(kGroups * kStride, -1);
  Int8Rows rows() {
    return {codes.data(), scales.data(), sums.data(), totals.data(), kStride};
  }
};

// Two rows, written as rows 2 and 3 of five.
Int8Storage Quantise(const KernelTable& kernels, const std::vector<float>& x) {
  Int8Storage out;
  kernels.quantise_rows(x.data() + 1, 32 * kGroups + 3, 2, kGroups,
                        out.rows().From(2));
  return out;
}

std::vector<float> TwoRows(uint32_t seed) {
  return RandomFloats(2 * (32 * kGroups + 3) + 1, seed);
}

TEST(QuantiseRowsTest, ScalarFollowsTheDefinition) {
  std::vector<float> x = TwoRows(1);
  const Int8Storage out = Quantise(ScalarKernels(), x);
  for (int64_t g = 0; g < kGroups; ++g) {
    for (int64_t r = 0; r < 2; ++r) {
      const float* row = x.data() + 1 + r * (32 * kGroups + 3) + 32 * g;
      const int64_t at = g * kStride + 2 + r;
      double largest = 0;
      int32_t sum = 0;
      for (int k = 0; k < 32; ++k) {
        largest = std::max<double>(largest, std::abs(row[k]));
        sum += out.codes[32 * at + k];
      }
      EXPECT_FLOAT_EQ(out.scales[at], largest / 127);
      for (int k = 0; k < 32; ++k) {
        EXPECT_NEAR(row[k], out.scales[at] * out.codes[32 * at + k],
                    out.scales[at] * 0.5001);
      }
      EXPECT_EQ(out.sums[2 * at] + out.sums[2 * at + 1], sum);
      EXPECT_FLOAT_EQ(out.totals[at], out.scales[at] * sum);
    }
  }
  EXPECT_EQ(out.codes[0], 99) << "other rows are left alone";
  EXPECT_EQ(out.scales[kStride + 1], -1);
}

TEST(QuantiseRowsTest, VersionsAgreeBitForBit) {
  std::vector<float> x = TwoRows(2);
  for (int k = 0; k < 32; ++k) x[1 + k] = 0;            // zeros
  for (int k = 0; k < 32; ++k) x[33 + k] = 1e-40f * k;  // subnormals
  x[66] = 127.5f;                                       // ties, 0.5 and 1.5
  x[67] = 0.5f * 127.5f / 127;
  const Int8Storage expected = Quantise(ScalarKernels(), x);
  EXPECT_EQ(expected.scales[2], 0);
  EXPECT_EQ(expected.scales[kStride + 2], 0);
  for (const KernelVersion& version : VectorVersions()) {
    const Int8Storage out = Quantise(version.kernels, x);
    EXPECT_EQ(out.codes, expected.codes) << version.name;
    EXPECT_EQ(out.scales, expected.scales) << version.name;
    EXPECT_EQ(out.sums, expected.sums) << version.name;
  }
}

TEST(QuantiseRowsTest, WhatIsNotFiniteShowsInTheScale) {
  for (float bad : {std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN(),
                    -std::numeric_limits<float>::infinity()}) {
    std::vector<float> x = TwoRows(3);
    x[1 + 40] = bad;
    std::vector<KernelVersion> versions = VectorVersions();
    versions.push_back({"scalar", ScalarKernels()});
    for (const KernelVersion& version : versions) {
      const Int8Storage out = Quantise(version.kernels, x);
      EXPECT_FALSE(std::isfinite(out.scales[kStride + 2])) << version.name;
      EXPECT_TRUE(std::isfinite(out.scales[2])) << version.name;
    }
  }
}

struct RoundingCase {
  const char* name;
  uint32_t from;
  uint16_t to;
};

TEST(RoundRowsTest, RoundsToNearestEven) {
  const RoundingCase kCases[] = {
      {"exact", 0x3F810000, 0x3F81},
      {"down", 0x3F817FFF, 0x3F81},
      {"up", 0x3F818001, 0x3F82},
      {"tie to even below", 0x3F808000, 0x3F80},
      {"tie to even above", 0x3F818000, 0x3F82},
      {"negative", 0xBF818001, 0xBF82},
      {"zero", 0, 0},
      {"minus zero", 0x80000000, 0x8000},
      {"carries", 0x3FFFFFFF, 0x4000},
      {"to infinity", 0x7F7FFFFF, 0x7F80},
      {"infinity", 0x7F800000, 0x7F80},
      {"NaN", 0x7F800001, 0x7FC0},
  };
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  for (const KernelVersion& version : versions) {
    for (const RoundingCase& c : kCases) {
      SCOPED_TRACE(version.name + std::string(": ") + c.name);
      std::vector<float> x(32, std::bit_cast<float>(c.from)), out(32);
      version.kernels.round_rows(x.data(), 32, 1, 1, out.data(), 32);
      for (float value : out) {
        EXPECT_EQ(std::bit_cast<uint32_t>(value), uint32_t{c.to} << 16);
      }
    }
  }
}

TEST(Bf16RowsTest, VersionsStorePairsInTheirOrder) {
  const std::vector<float> x = TwoRows(4);
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  for (const KernelVersion& version : versions) {
    SCOPED_TRACE(version.name);
    std::vector<uint16_t> values(32 * kGroups * kStride, 7);
    std::vector<float> sums(kGroups * kStride, -1);
    const Bf16Rows rows{values.data(), sums.data(), kStride};
    version.kernels.to_bf16_rows(x.data() + 1, 32 * kGroups + 3, 2, kGroups,
                                 rows.From(2));
    std::vector<float> rounded(2 * 32 * kGroups);
    version.kernels.round_rows(x.data() + 1, 32 * kGroups + 3, 2, kGroups,
                               rounded.data(), 32 * kGroups);
    for (int64_t g = 0; g < kGroups; ++g) {
      for (int64_t r = 0; r < 2; ++r) {
        const int64_t at = g * kStride + 2 + r;
        double sum = 0, magnitude = 0;
        for (int k = 0; k < 32; ++k) {
          constexpr int kOrder[] = {0, 2, 1, 3};
          const float value = rounded[r * 32 * kGroups + 32 * g + k];
          EXPECT_EQ(
              BFloat16ToFloat(values[32 * at + k / 4 * 4 + kOrder[k % 4]]),
              value);
          sum += value;
          magnitude += std::abs(value);
        }
        EXPECT_NEAR(sums[at], sum, 32 * std::ldexp(magnitude, -24));
      }
    }
    EXPECT_EQ(values[0], 7);
  }
}

TEST(Int16RowsTest, VersionsHoldTheValuesToHalfAUnit) {
  std::vector<float> x = TwoRows(4);
  std::fill(x.begin() + 1, x.begin() + 33, 0.0f);
  x[40] *= 3e4f;
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  std::vector<int16_t> first;
  for (const KernelVersion& version : versions) {
    SCOPED_TRACE(version.name);
    std::vector<int16_t> codes(32 * kGroups * kStride, 7);
    std::vector<float> scales(kGroups * kStride, -1), totals(scales);
    const Int16Rows rows{codes.data(), scales.data(), totals.data(), kStride};
    version.kernels.to_int16_rows(x.data() + 1, 32 * kGroups + 3, 2, kGroups,
                                  rows.From(2));
    for (int64_t g = 0; g < kGroups; ++g) {
      for (int64_t r = 0; r < 2; ++r) {
        const int64_t at = g * kStride + 2 + r;
        const float* want = &x[1 + r * (32 * kGroups + 3) + 32 * g];
        float largest = 0;
        double sum = 0;
        for (int k = 0; k < 32; ++k) {
          constexpr int kOrder[] = {0, 2, 1, 3};
          const int code = codes[32 * at + k / 4 * 4 + kOrder[k % 4]];
          EXPECT_NEAR(double{scales[at]} * code, want[k], 0.51 * scales[at]);
          largest = std::max(largest, std::abs(want[k]));
          sum += double{scales[at]} * code;
        }
        EXPECT_EQ(scales[at], largest / 32767);
        EXPECT_NEAR(totals[at], sum, 1e-6 * std::abs(sum));
      }
    }
    EXPECT_EQ(codes[0], 7);
    if (first.empty()) first = codes;
    EXPECT_EQ(codes, first) << "as the other versions";
  }
}

TEST(Int16RowsTest, WhatIsNotFiniteShows) {
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  for (const KernelVersion& version : versions) {
    for (const float bad : {INFINITY, -INFINITY, NAN}) {
      std::vector<float> x(32, 0.5f);
      x[9] = bad;
      std::vector<int16_t> codes(32);
      float scale = 0, total = 0;
      version.kernels.to_int16_rows(x.data(), 32, 1, 1,
                                    {codes.data(), &scale, &total, 1});
      EXPECT_FALSE(std::isfinite(scale)) << version.name << " " << bad;
      EXPECT_FALSE(std::isfinite(total)) << version.name << " " << bad;
    }
  }
}

}  // namespace
}  // namespace mj
