#include "hw_backends/cpu/linear_phase.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/cpu_products.h"
#include "kernels/cpu_features.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int64_t kCols = 72;     // not whole groups
constexpr int64_t kStride = 128;  // of x, zeros beyond kCols
constexpr int64_t kOutputs = 75;  // not whole panels

struct Setting {
  Isa isa;
  Numerics numerics;
};

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (!Supports(ReadCpuFeatures(), isa)) continue;
    for (Numerics numerics :
         {Numerics::kF32, Numerics::kBf16, Numerics::kInt8}) {
      settings.push_back({isa, numerics});
    }
  }
  return settings;
}

std::vector<float> RandomRows(int64_t rows) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> x(rows * kStride);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < kCols; ++c) x[r * kStride + c] = normal(random);
  }
  return x;
}

class LinearPhaseTest : public testing::TestWithParam<Setting> {
 protected:
  LinearPhaseTest()
      : kernels_(*ChooseKernels(ReadCpuFeatures(), GetParam().isa)),
        gamma_(kCols) {
    for (int64_t c = 0; c < kCols; ++c) gamma_[c] = 0.5f + 0.01f * c;
  }

  PackedMatrix Pack(std::initializer_list<int> seeds) {
    std::vector<RandomMatrix> matrices;
    for (int seed : seeds) {
      matrices.push_back(
          MakeRandomMatrix(TensorType::kF16, kOutputs, kCols, seed));
    }
    std::vector<TensorView> views;
    for (const RandomMatrix& matrix : matrices) views.push_back(matrix.view());
    return *PackMatrix(views, {}, pool_, arena_);
  }
  std::vector<float> Run(const PackedMatrix& matrix, LinearOp op,
                         int64_t outputs) {
    std::vector<float> y(op.rows * outputs, 1.0f);
    op.y = {y.data(), outputs};
    CpuProducts products(kernels_, GetParam().numerics);
    LinearPhase(kernels_, products).Run(pool_, matrix, op);
    return y;
  }

  const KernelTable kernels_;
  WorkerPool pool_{2};
  Arena arena_;
  std::vector<float> gamma_;
};
INSTANTIATE_TEST_SUITE_P(Settings, LinearPhaseTest,
                         testing::ValuesIn(Settings()), [](const auto& info) {
                           return absl::StrCat(
                               std::string(IsaName(info.param.isa)), "_",
                               std::string(NumericsName(info.param.numerics)));
                         });

TEST_P(LinearPhaseTest, WhatIsFusedHasTheBitsOfItsParts) {
  const PackedMatrix both = Pack({1, 2});
  const PackedMatrix gate = Pack({1}), up = Pack({2});
  for (int64_t rows : {1, 3, 70}) {
    std::vector<float> x = RandomRows(rows), normed(x.size());
    const LinearOp fused{.x = {x.data(), kStride},
                         .rows = rows,
                         .gamma = gamma_.data(),
                         .epsilon = 1e-5f,
                         .gate = Activation::kSilu};
    kernels_.rms_norm({.x = x.data(),
                       .x_stride = kStride,
                       .gamma = gamma_.data(),
                       .epsilon = 1e-5f,
                       .y = normed.data(),
                       .y_stride = kStride,
                       .rows = rows,
                       .cols = kCols});
    const LinearOp plain{.x = {normed.data(), kStride}, .rows = rows};
    const std::vector<float> gates = Run(gate, plain, kOutputs);
    const std::vector<float> ups = Run(up, plain, kOutputs);
    std::vector<float> want(rows * kOutputs);
    kernels_.gated_activation(Activation::kSilu, gates.data(), ups.data(),
                              want.data(), rows * kOutputs);
    EXPECT_EQ(Run(both, fused, kOutputs), want) << rows << " rows";
  }
}

TEST_P(LinearPhaseTest, AddsToWhatIsThere) {
  const PackedMatrix matrix = Pack({3});
  std::vector<float> x = RandomRows(5);
  LinearOp op{.x = {x.data(), kStride}, .rows = 5};
  std::vector<float> want = Run(matrix, op, kOutputs);
  for (float& value : want) value = 1.0f + value;
  op.accumulate = true;
  EXPECT_EQ(Run(matrix, op, kOutputs), want);
}

}  // namespace
}  // namespace mj
