#include "engine/model/weight_reduction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "kernels/scalar/dequantize.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

using testing::HasSubstr;
using Kind = Sparsity::Kind;

TensorView ViewOf(const std::vector<float>& weights, int64_t cols) {
  return {TensorType::kF32, static_cast<int64_t>(weights.size()) / cols, cols,
          std::as_bytes(std::span(weights))};
}

// Q8_0, as it multiplies.
std::vector<float> Values(const std::vector<std::byte>& bytes, int64_t cols) {
  const size_t row_bytes = RowBytes(TensorType::kQ8_0, cols);
  std::vector<float> values(bytes.size() / row_bytes * cols);
  for (size_t r = 0; r < bytes.size() / row_bytes; ++r) {
    scalar::DequantizeRow(TensorType::kQ8_0, bytes.data() + r * row_bytes,
                          values.data() + r * cols, cols);
  }
  return values;
}

std::vector<float> Reduced(const WeightReduction& reduction,
                           const std::vector<float>& weights, int64_t cols) {
  const auto bytes = ReduceMatrix(reduction, ViewOf(weights, cols));
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return Values(*bytes, cols);
}

// Codes of all blocks of Q8_0.
std::set<int> Codes(const std::vector<std::byte>& bytes) {
  std::set<int> codes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i % 34 >= 2) codes.insert(static_cast<int8_t>(bytes[i]));
  }
  return codes;
}

// Magnitudes far enough from 0 that only pruning makes zeros.
std::vector<float> NoZeros(size_t count, uint32_t seed) {
  std::vector<float> weights = RandomFloats(count, seed, 0.3f);
  for (float& w : weights) w += w < 0 ? -1.0f : 1.0f;
  return weights;
}

TEST(WeightReductionTest, NofMKeepsTheLargestOfEachGroup) {
  constexpr int64_t kRows = 19, kCols = 96;
  const std::vector<float> weights = NoZeros(kRows * kCols, 1);
  for (const Sparsity sparsity : {Sparsity{Kind::kNofM, 2, 4},
                                  {Kind::kNofM, 1, 2},
                                  {Kind::kNofM, 4, 8},
                                  {Kind::kNofM, 5, 48}}) {
    SCOPED_TRACE(SparsityName(sparsity));
    const std::vector<float> got = Reduced({sparsity}, weights, kCols);
    for (int64_t first = 0; first < kRows * kCols; first += sparsity.of) {
      float least_kept = 1e9f, largest_dropped = 0;
      int kept = 0;
      for (int64_t i = first; i < first + sparsity.of; ++i) {
        const float magnitude = std::abs(weights[i]);
        if (got[i] == 0) {
          largest_dropped = std::max(largest_dropped, magnitude);
          continue;
        }
        ++kept;
        least_kept = std::min(least_kept, magnitude);
        EXPECT_NEAR(got[i], weights[i], 3.0 / 250);
      }
      EXPECT_EQ(kept, sparsity.kept);
      EXPECT_LE(largest_dropped, least_kept);
    }
  }
}

TEST(WeightReductionTest, BlocksOfTheLargestNormStay) {
  constexpr int64_t kRows = 40, kCols = 128;  // the last blocks have 8 rows
  const std::vector<float> weights = NoZeros(kRows * kCols, 2);
  const std::vector<float> got =
      Reduced({{Kind::kBlock, 3, 4}}, weights, kCols);
  for (int64_t top = 0; top < kRows; top += kPrunedBlock) {
    for (int64_t left = 0; left < kCols; left += 4 * kPrunedBlock) {
      double squares[4] = {};
      int64_t zeros[4] = {};
      const int64_t bottom = std::min(top + kPrunedBlock, kRows);
      for (int64_t r = top; r < bottom; ++r) {
        for (int64_t c = 0; c < 4 * kPrunedBlock; ++c) {
          const int64_t at = r * kCols + left + c;
          squares[c / kPrunedBlock] += double{weights[at]} * weights[at];
          zeros[c / kPrunedBlock] += got[at] == 0;
        }
      }
      const auto dropped = std::min_element(squares, squares + 4) - squares;
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(zeros[i], i == dropped ? (bottom - top) * kPrunedBlock : 0);
      }
    }
  }
}

TEST(WeightReductionTest, WhereTheyTieTheFurtherLeftStays) {
  std::vector<float> weights(16 * 64);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = i % 2 ? -1 : 1;
  const std::vector<float> n_of_m = Reduced({{Kind::kNofM, 2, 4}}, weights, 64);
  const std::vector<float> blocks =
      Reduced({{Kind::kBlock, 3, 4}}, weights, 64);
  for (size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(n_of_m[i] != 0, i % 4 < 2) << i;
    EXPECT_EQ(blocks[i] != 0, i % 64 < 48) << i;
  }
}

TEST(WeightReductionTest, WeightsAreWithinHalfAStepOfTheirBits) {
  constexpr int64_t kCols = 64;
  const std::vector<float> weights = RandomFloats(33 * kCols, 3);
  for (const int bits : {2, 4, 8}) {
    SCOPED_TRACE(bits);
    const auto bytes = ReduceMatrix({.bits = bits}, ViewOf(weights, kCols));
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const std::set<int> codes = Codes(*bytes);
    EXPECT_EQ(*codes.begin(), bits == 8 ? -127 : -(1 << (bits - 1)));
    EXPECT_EQ(*codes.rbegin(), (1 << (bits - 1)) - 1);
    const std::vector<float> got = Values(*bytes, kCols);
    for (size_t first = 0; first < weights.size(); first += 32) {
      float largest = 0;
      for (size_t i = first; i < first + 32; ++i) {
        if (std::abs(weights[i]) > std::abs(largest)) largest = weights[i];
      }
      const float step = std::abs(largest) /
                         static_cast<float>(bits == 8 ? 127 : 1 << (bits - 1));
      for (size_t i = first; i < first + 32; ++i) {
        // On the side of the largest there is no code for its negative.
        const bool beyond =
            bits < 8 && weights[i] / -largest > 1 - 1.5f / (1 << (bits - 1));
        EXPECT_LE(std::abs(got[i] - weights[i]),
                  step * (beyond ? 1.01f : 0.51f))
            << i;
      }
    }
  }
}

TEST(WeightReductionTest, PrunedWeightsOfQ8_0AreOtherwiseTheFilesOwn) {
  const RandomMatrix matrix = MakeRandomMatrix(TensorType::kQ8_0, 17, 64, 4);
  const auto whole = ReduceMatrix({.bits = 8}, matrix.view());
  ASSERT_TRUE(whole.ok());
  const TensorView again{TensorType::kQ8_0, 17, 64, *whole};
  EXPECT_EQ(*ReduceMatrix({.bits = 8}, again), *whole);
  const auto pruned = ReduceMatrix({{Kind::kNofM, 2, 4}}, again);
  ASSERT_TRUE(pruned.ok());
  const std::vector<float> before = Values(*whole, 64);
  const std::vector<float> after = Values(*pruned, 64);
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(after[i] == 0 || after[i] == before[i]) << i;
  }
}

struct ChangesCase {
  TensorType type;
  WeightReduction reduction;
  bool changes;
};

TEST(WeightReductionTest, TypesOfFewEnoughBitsAreLeftAsTheyAre) {
  const Sparsity half{Kind::kNofM, 2, 4}, whole{Kind::kNofM, 4, 4};
  const ChangesCase kCases[] = {
      {TensorType::kF32, {}, false},
      {TensorType::kF32, {.bits = 8}, true},
      {TensorType::kBF16, {.bits = 8}, true},
      {TensorType::kQ8_0, {.bits = 8}, false},
      {TensorType::kQ6_K, {.bits = 8}, false},
      {TensorType::kQ5_1, {.bits = 4}, true},
      {TensorType::kQ4_1, {.bits = 4}, false},
      {TensorType::kQ4_K, {.bits = 2}, true},
      {TensorType::kQ4_1, {.sparsity = half}, true},
      {TensorType::kQ4_1, {.sparsity = whole}, false},
  };
  for (const ChangesCase& c : kCases) {
    EXPECT_EQ(Changes(c.reduction, c.type), c.changes)
        << InfoOf(c.type).name << " " << SparsityName(c.reduction.sparsity)
        << " " << c.reduction.bits;
  }
}

TEST(WeightReductionTest, NamesWhatDoesNotFit) {
  const auto message = [](const WeightReduction& reduction, int64_t cols) {
    const std::vector<float> weights(2 * cols, 1.0f);
    const auto status = ReduceMatrix(reduction, ViewOf(weights, cols)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(message({.bits = 4}, 48), HasSubstr("48 weights, needs a "
                                                  "multiple of 32"));
  EXPECT_THAT(message({{Kind::kNofM, 2, 5}}, 64),
              HasSubstr("64 weights, needs a multiple of 5 to be pruned 2:5"));
  EXPECT_THAT(
      message({{Kind::kBlock, 1, 3}}, 64),
      HasSubstr("64 weights, needs a multiple of 48 to be pruned block:1/3"));
}

TEST(WeightReductionTest, RefusesWhatIsNotFiniteOrTooLarge) {
  for (const float bad : {std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
    std::vector<float> weights(20 * 32, 1.0f);
    weights[18 * 32 + 5] = bad;
    const auto status =
        ReduceMatrix({{Kind::kNofM, 2, 4}}, ViewOf(weights, 32)).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("row 18 holds"));
  }
}

}  // namespace
}  // namespace mj
