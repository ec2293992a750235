#include "hw_backends/models/systolic_array.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

struct ScaleSimCase {
  GemmShape gemm;
  int64_t weight, output, input;  // cycles by what stays
};

// What SCALE-Sim v3.0.0 reports for 32 x 32.
constexpr ScaleSimCase kScaleSim[] = {
    {{1, 576, 576}, 30779, 11483, 12059},
    {{64, 576, 576}, 51191, 22967, 24119},
    {{32, 32, 32}, 125, 93, 125},
    {{100, 70, 50}, 1163, 1343, 1311},
    {{1, 1536, 576}, 82079, 30623, 29339},
};

TEST(SystolicArrayTest, CountsAsScaleSim) {
  const ArrayShape array{32, 32};
  for (const ScaleSimCase& c : kScaleSim) {
    EXPECT_EQ(SystolicCycles(Dataflow::kWeightStationary, array, c.gemm),
              c.weight);
    EXPECT_EQ(SystolicCycles(Dataflow::kOutputStationary, array, c.gemm),
              c.output);
    EXPECT_EQ(SystolicCycles(Dataflow::kInputStationary, array, c.gemm),
              c.input);
  }
}

TEST(SystolicArrayTest, RowsAndColumnsPlayDifferentParts) {
  const ArrayShape array{16, 64};
  const GemmShape gemm{100, 70, 50};
  // 4 x 2 folds of 32 + 64 + 100 - 2.
  EXPECT_EQ(SystolicCycles(Dataflow::kWeightStationary, array, gemm),
            8 * 194 - 1);
  // 7 x 2 folds of 16 + 64 + 50 - 2.
  EXPECT_EQ(SystolicCycles(Dataflow::kOutputStationary, array, gemm),
            14 * 128 - 1);
  // 4 x 2 folds of 32 + 64 + 70 - 2.
  EXPECT_EQ(SystolicCycles(Dataflow::kInputStationary, array, gemm),
            8 * 164 - 1);
}

TEST(SystolicArrayTest, PreloadHidesTheWeights) {
  EXPECT_EQ(PreloadedSystolicCycles({32, 32}, {1, 576, 576}), 10465);
  // One fold hides nothing but the 4 cycles that its rows take at least.
  EXPECT_EQ(PreloadedSystolicCycles({8, 8}, {2, 8, 8}), 15 + 14 + 4);
}

}  // namespace
}  // namespace mj
