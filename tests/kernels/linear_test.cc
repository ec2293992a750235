#include "kernels/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/panel.h"
#include "kernels/scalar/dequantize.h"
#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/panels.h"

namespace mj {
namespace {

// A product's inputs and where it goes; x starts off any vector's alignment.
struct Product {
  Product(const Panels& panels, int64_t rows, uint32_t seed)
      : panels(panels),
        rows(rows),
        x_stride(panels.groups * kPanelGroup + 3),
        x_storage(RandomFloats(rows * x_stride + 1, seed)) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t k = panels.matrix.cols; k < x_stride; ++k) {
        x_storage[1 + r * x_stride + k] = 0;
      }
    }
  }
  const float* x(int64_t row) const {
    return x_storage.data() + 1 + row * x_stride;
  }

  // y [rows, outputs] of `count` rows from `first` on.
  std::vector<float> Run(const KernelTable& kernels, int64_t first,
                         int64_t count, const float* bias = nullptr,
                         const std::vector<float>* old = nullptr) const {
    const int64_t outputs = panels.matrix.rows;
    std::vector<float> sums(count * panels.groups);
    kernels.group_sums(x(first), x_stride, count, panels.groups, sums.data(),
                       panels.groups);
    std::vector<float> y(count * outputs, -7.0f);
    if (old != nullptr) y = *old;
    kernels.linear({.type = panels.matrix.type,
                    .panels = panels.bytes.get(),
                    .groups = panels.groups,
                    .num_outputs = outputs,
                    .x = x(first),
                    .x_stride = x_stride,
                    .rows = count,
                    .sums = sums.data(),
                    .sums_stride = panels.groups,
                    .bias = bias,
                    .accumulate = old != nullptr,
                    .y = y.data(),
                    .y_stride = outputs});
    return y;
  }

  const Panels& panels;
  int64_t rows;
  int64_t x_stride;
  std::vector<float> x_storage;
};

// sum_k x W in double, and a bound of what float32 sums may differ from it.
// |weight| alone is no measure where a minimum cancels the codes: 64 covers
// the codes of up to 5 bits times d, and Q6_K, Q8_0 have no minimum.
struct Exact {
  double value = 0;
  double tolerance = 0;
};
Exact ExactOutput(const Product& product, int64_t row, int64_t output) {
  const RandomMatrix& matrix = product.panels.matrix;
  std::vector<float> weights(matrix.cols);
  scalar::DequantizeRow(
      matrix.type,
      matrix.bytes.data() + output * RowBytes(matrix.type, matrix.cols),
      weights.data(), matrix.cols);
  Exact exact;
  double magnitude = 0, spread = 0;
  for (int64_t k = 0; k < matrix.cols; ++k) {
    const double x = product.x(row)[k];
    exact.value += x * weights[k];
    magnitude += std::abs(x * weights[k]);
    spread += std::abs(x);
  }
  if (PanelLayoutOf(matrix.type).has_min) {
    // The largest scale here is 2^-5 (times 63 for K types), code 31.
    const bool k_type =
        matrix.type == TensorType::kQ4_K || matrix.type == TensorType::kQ5_K;
    magnitude += spread * 31 * 0.0625 * (k_type ? 63 : 1) * 2;
  }
  exact.tolerance =
      (32 + product.panels.groups) * std::ldexp(1, -23) * magnitude;
  return exact;
}

class LinearTest : public testing::TestWithParam<KernelVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, LinearTest,
                         testing::ValuesIn(VectorVersions()), VersionName);

void CheckAgainstDouble(const KernelTable& kernels, TensorType type,
                        int64_t outputs, int64_t cols, int64_t rows) {
  SCOPED_TRACE(testing::Message() << InfoOf(type).name << " outputs " << outputs
                                  << " cols " << cols << " rows " << rows);
  const Panels panels(type, outputs, cols, 1);
  const Product product(panels, rows, 2);
  const std::vector<float> y = product.Run(kernels, 0, rows);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t n = 0; n < outputs; ++n) {
      const Exact exact = ExactOutput(product, r, n);
      ASSERT_NEAR(y[r * outputs + n], exact.value, exact.tolerance)
          << "row " << r << " output " << n;
    }
  }
}

void SweepSizes(const KernelTable& kernels) {
  for (TensorType type : kAllTensorTypes) {
    const int block = InfoOf(type).block_elements;
    const int64_t group = block == 1 ? 29 : block;  // floats: no whole group
    for (int64_t outputs : {1, 15, 16, 17, 33}) {
      CheckAgainstDouble(kernels, type, outputs, group, 1);
      CheckAgainstDouble(kernels, type, outputs, 3 * group, 3);
    }
    CheckAgainstDouble(kernels, type, 70, 2 * group, 13);
  }
}

TEST(ScalarLinearTest, FollowsTheDequantisedWeights) {
  SweepSizes(ScalarKernels());
}

TEST_P(LinearTest, FollowsTheDequantisedWeights) {
  SweepSizes(GetParam().kernels);
}

// The rule of bits: any number of rows, at any place.
TEST_P(LinearTest, ARowsBitsDoNotDependOnItsCompany) {
  for (TensorType type : kAllTensorTypes) {
    const int64_t cols = InfoOf(type).block_elements == 256 ? 512 : 96;
    const int64_t outputs = 83;
    const Panels panels(type, outputs, cols, 3);
    const Product product(panels, 77, 4);
    const std::vector<float> all = product.Run(GetParam().kernels, 0, 77);
    for (int64_t count : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 65}) {
      for (int64_t first : {int64_t{0}, int64_t{5}, 77 - count}) {
        if (first + count > 77) continue;
        const std::vector<float> some =
            product.Run(GetParam().kernels, first, count);
        ASSERT_TRUE(
            std::equal(some.begin(), some.end(), all.begin() + first * outputs))
            << InfoOf(type).name << ": rows " << first << " + " << count;
      }
    }
  }
}

TEST_P(LinearTest, AddsBiasThenTheOldValue) {
  const Panels panels(TensorType::kQ4_1, 37, 64, 5);
  const Product product(panels, 3, 6);
  const std::vector<float> bias = RandomFloats(37, 7);
  const std::vector<float> old = RandomFloats(3 * 37, 8);
  const std::vector<float> plain = product.Run(GetParam().kernels, 0, 3);
  const std::vector<float> y =
      product.Run(GetParam().kernels, 0, 3, bias.data(), &old);
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(y[i], old[i] + (plain[i] + bias[i % 37])) << i;
  }
}

// A lane is a row: both vector widths do the same operations on it.
TEST(LinearWidthTest, VectorVersionsAgreeBitForBit) {
  const std::vector<KernelVersion> versions = VectorVersions();
  for (TensorType type : kAllTensorTypes) {
    if (PanelLayoutOf(type).has_min) continue;  // group sums are trees
    const Panels panels(type, 40, 512, 9);
    const Product product(panels, 7, 10);
    const auto first = product.Run(versions[0].kernels, 0, 7);
    for (const KernelVersion& version : versions) {
      EXPECT_EQ(product.Run(version.kernels, 0, 7), first)
          << version.name << " " << InfoOf(type).name;
    }
  }
}

TEST_P(LinearTest, GroupSumsFollowDouble) {
  const std::vector<float> x = RandomFloats(3 * 99, 11);
  std::vector<float> sums(3 * 5, -1.0f);
  GetParam().kernels.group_sums(x.data() + 1, 98, 3, 3, sums.data(), 5);
  for (int r = 0; r < 3; ++r) {
    for (int g = 0; g < 3; ++g) {
      double sum = 0, magnitude = 0;
      for (int k = 0; k < 32; ++k) {
        sum += x[1 + r * 98 + g * 32 + k];
        magnitude += std::abs(x[1 + r * 98 + g * 32 + k]);
      }
      EXPECT_NEAR(sums[r * 5 + g], sum, 6 * std::ldexp(magnitude, -24));
    }
    EXPECT_EQ(sums[r * 5 + 3], -1.0f);
  }
}

}  // namespace
}  // namespace mj
