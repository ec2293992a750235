#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/gated_activation.h"
#include "kernels/rms_norm.h"
#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

class ElementwiseTest : public testing::TestWithParam<KernelVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, ElementwiseTest,
                         testing::ValuesIn(VectorVersions()), VersionName);

constexpr int64_t kCounts[] = {1, 7, 8, 9, 15, 16, 17, 31, 64, 65, 577};

double ExactActivation(Activation activation, double x) {
  if (activation == Activation::kSilu) return x / (1 + std::exp(-x));
  const double u = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(u));
}

TEST_P(ElementwiseTest, GatedActivationFollowsDouble) {
  for (Activation activation : {Activation::kSilu, Activation::kGeluTanh}) {
    std::vector<float> gate = RandomFloats(2000, 1, 6);
    const float extremes[] = {0.0f, -0.0f, 90, -90, 200, -200, 1e-30f, 1e4f};
    gate.insert(gate.end(), std::begin(extremes), std::end(extremes));
    const std::vector<float> up = RandomFloats(gate.size(), 2);
    std::vector<float> y(gate.size());
    GetParam().kernels.gated_activation(activation, gate.data(), up.data(),
                                        y.data(), y.size());
    for (size_t i = 0; i < y.size(); ++i) {
      const double want = ExactActivation(activation, gate[i]) * up[i];
      // The rounding of the exponent (up to 90) bounds the relative error.
      const double tolerance = std::abs(want) * std::ldexp(1, -16) +
                               std::ldexp(std::abs(gate[i] * up[i]), -23);
      EXPECT_NEAR(y[i], want, tolerance) << "x = " << gate[i];
    }
  }
}

// An element's bits do not depend on its lane or on the tail.
TEST_P(ElementwiseTest, GatedActivationIsTheSameInEveryLane) {
  const std::vector<float> gate = RandomFloats(600, 3, 3);
  const std::vector<float> up = RandomFloats(600, 4);
  for (Activation activation : {Activation::kSilu, Activation::kGeluTanh}) {
    std::vector<float> all(600), some(600);
    GetParam().kernels.gated_activation(activation, gate.data(), up.data(),
                                        all.data(), 600);
    for (int64_t count : kCounts) {
      const int64_t first = 600 - count;
      GetParam().kernels.gated_activation(activation, gate.data() + first,
                                          up.data() + first, some.data(),
                                          count);
      EXPECT_TRUE(
          std::equal(some.begin(), some.begin() + count, all.begin() + first))
          << count;
    }
  }
}

TEST_P(ElementwiseTest, RmsNormFollowsScalar) {
  for (int64_t cols : kCounts) {
    const int64_t rows = 3, stride = cols + 5;
    const std::vector<float> x = RandomFloats(rows * stride + 1, 5);
    const std::vector<float> gamma = RandomFloats(cols + 1, 6);
    for (bool accumulate : {false, true}) {
      std::vector<float> want(rows * stride, 1.0f), got = want;
      RmsNormArgs args{.x = x.data() + 1,
                       .x_stride = stride,
                       .gamma = gamma.data() + 1,
                       .epsilon = 1e-5f,
                       .accumulate = accumulate,
                       .y = want.data(),
                       .y_stride = stride,
                       .rows = rows,
                       .cols = cols};
      ScalarKernels().rms_norm(args);
      args.y = got.data();
      GetParam().kernels.rms_norm(args);
      for (size_t i = 0; i < want.size(); ++i) {
        const double tolerance =
            std::ldexp(static_cast<double>(cols) + 4, -23) *
            (std::abs(want[i]) + 1);
        EXPECT_NEAR(got[i], want[i], tolerance) << cols << " element " << i;
      }
    }
  }
}

TEST_P(ElementwiseTest, RmsNormMayRunInPlaceAndRowsAreIndependent) {
  const std::vector<float> x = RandomFloats(4 * 70, 7);
  const std::vector<float> gamma = RandomFloats(70, 8);
  std::vector<float> all(4 * 70), in_place = x;
  RmsNormArgs args{.x = x.data(),
                   .x_stride = 70,
                   .gamma = gamma.data(),
                   .epsilon = 1e-6f,
                   .y = all.data(),
                   .y_stride = 70,
                   .rows = 4,
                   .cols = 70};
  GetParam().kernels.rms_norm(args);
  for (int64_t r = 0; r < 4; ++r) {
    args.x = args.y = in_place.data() + r * 70;
    args.rows = 1;
    GetParam().kernels.rms_norm(args);
  }
  EXPECT_EQ(all, in_place);
}

}  // namespace
}  // namespace mj
