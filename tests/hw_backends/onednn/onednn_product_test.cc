#include "hw_backends/onednn/onednn_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int64_t kOutputs = 50, kInputs = 72;

// Sums of 72 products of numbers around 1; bf16 rounds both to 2^-9.
struct PrecisionCase {
  Numerics numerics;
  double tolerance;
};

TEST(OneDnnProductTest, AgreesWithDoubles) {
  const std::vector<float> weights = RandomFloats(kOutputs * kInputs, 1);
  for (const PrecisionCase& c : {PrecisionCase{Numerics::kF32, 1e-4},
                                 PrecisionCase{Numerics::kBf16, 0.3}}) {
    const auto product = OneDnnProduct::Create(c.numerics, weights, kOutputs);
    ASSERT_TRUE(product.ok()) << product.status();
    for (int64_t rows : {1, 3, 40, 1}) {
      const std::vector<float> x = RandomFloats(rows * kInputs, 2);
      std::vector<float> y(rows * kOutputs);
      const absl::Status status = (*product)->Multiply(x, 2, y);
      if (absl::IsUnimplemented(status)) continue;  // bf16 on an older CPU
      ASSERT_TRUE(status.ok()) << status;
      for (int64_t i = 0; i < rows * kOutputs; ++i) {
        double want = 0;
        for (int64_t k = 0; k < kInputs; ++k) {
          want += double{x[i / kOutputs * kInputs + k]} *
                  weights[i % kOutputs * kInputs + k];
        }
        ASSERT_NEAR(y[i], want, c.tolerance)
            << NumericsName(c.numerics) << ", " << rows << " rows";
      }
    }
  }
}

TEST(OneDnnProductTest, RefusesWhatItCannotBe) {
  const std::vector<float> weights(12);
  EXPECT_EQ(
      OneDnnProduct::Create(Numerics::kInt8, weights, 3).status().message(),
      "oneDNN product: numerics int8; f32 or bf16");
  EXPECT_EQ(
      OneDnnProduct::Create(Numerics::kF32, weights, 5).status().message(),
      "oneDNN product: 12 weights for 5 outputs");
}

}  // namespace
}  // namespace mj
