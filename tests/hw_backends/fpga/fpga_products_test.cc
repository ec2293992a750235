#include "hw_backends/fpga/fpga_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "hw_backends/cpu/panel_matrices.h"
#include "hw_backends/fpga/fpga_matrices.h"
#include "kernels/cpu_features.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int64_t kRows = 3, kOutputs = 37, kCols = 512;

std::vector<float> Multiply(MatrixStore& matrices, const TensorView& view,
                            std::vector<float>& x) {
  WorkerPool pool(2);
  EXPECT_TRUE(matrices.Load({&view, 1}, {}, pool).ok());
  std::vector<float> y(kRows * kOutputs);
  matrices.Multiply(
      0, {.x = {x.data(), kCols}, .rows = kRows, .y = {y.data(), kOutputs}},
      pool);
  return y;
}

TEST(FpgaProductsTest, FollowInt8AndAreTheSameOnEveryIsa) {
  for (TensorType type : kAllTensorTypes) {
    if (PanelLayoutOf(type).bits == 0) continue;
    const RandomMatrix matrix = MakeRandomMatrix(type, kOutputs, kCols, 3);
    std::vector<float> x = RandomFloats(kRows * kCols, 4);
    const KernelTable scalar = *ChooseKernels(CpuFeatures{}, Isa::kScalar);
    PanelMatrices panels(scalar, Numerics::kInt8);
    const std::vector<float> want = Multiply(panels, matrix.view(), x);
    float largest = 0;
    for (float value : want) largest = std::max(largest, std::abs(value));
    FpgaMatrices lanes(scalar);
    const std::vector<float> got = Multiply(lanes, matrix.view(), x);
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(got[i], want[i], 2e-3 * largest) << InfoOf(type).name;
    }
    for (Isa isa : {Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
      const auto kernels = ChooseKernels(ReadCpuFeatures(), isa);
      if (!kernels) continue;
      FpgaMatrices others(*kernels);
      EXPECT_EQ(Multiply(others, matrix.view(), x), got)
          << InfoOf(type).name << " " << IsaName(isa);
    }
  }
}

TEST(FpgaProductsTest, ZerosGiveZerosAndWhatIsNotFiniteNaNs) {
  const RandomMatrix matrix =
      MakeRandomMatrix(TensorType::kQ4_1, kOutputs, kCols, 3);
  std::vector<float> x = RandomFloats(kRows * kCols, 4);
  std::fill_n(x.begin(), kCols, 0.0f);
  x[kCols + 7] = INFINITY;
  FpgaMatrices lanes(*ChooseKernels(ReadCpuFeatures(), std::nullopt));
  const std::vector<float> y = Multiply(lanes, matrix.view(), x);
  for (int64_t n = 0; n < kOutputs; ++n) {
    EXPECT_EQ(y[n], 0);
    EXPECT_TRUE(std::isnan(y[kOutputs + n]));
    EXPECT_TRUE(std::isfinite(y[2 * kOutputs + n]));
  }
}

}  // namespace
}  // namespace mj
