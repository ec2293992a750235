#include "hw_backends/models/fusion_ledger.h"

#include <gtest/gtest.h>

#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

TEST(FusionLedgerTest, SavesTheMapsBetween) {
  for (const double t : {3.0, 4.0, 6.0}) {
    const FusedMaps maps{.in = 1, .between = 2 * t, .out = 1};
    EXPECT_DOUBLE_EQ(FusionReduction(maps, 1), 1 - 2 / (2 + 2 * t));
    EXPECT_DOUBLE_EQ(FusionReduction(maps, 2), 1 - 2 / (2 + 4 * t));
  }
  // The published 87 % lies between both ways of counting at t = 6.
  const FusedMaps maps{.in = 1, .between = 12, .out = 1};
  EXPECT_LT(FusionReduction(maps, 1), 0.87);
  EXPECT_GT(FusionReduction(maps, 2), 0.87);
}

// SmolLM2-135M's sizes, a byte an element.
TEST(FusionLedgerTest, FusionSavesActivationsButNotWeights) {
  const FusionLedger one = LedgerOfMlp(1, 576, 1536, {});
  EXPECT_EQ(one.layer_by_layer.activations, 3 * 576 + 6 * 1536);
  EXPECT_EQ(one.fused.activations, 2 * 576);
  EXPECT_NEAR(1 - one.fused.activations / one.layer_by_layer.activations, 0.895,
              5e-4);
  EXPECT_EQ(one.fused.weights, 3 * 576 * 1536);
  EXPECT_EQ(one.layer_by_layer.weights, one.fused.weights);
  EXPECT_NEAR(one.layer_by_layer.activations / one.fused.weights, 0.004, 2e-4);
}

TEST(FusionLedgerTest, ActivationsMatchTheWeightsAtManyRows) {
  const ModelShape model = Smollm2Shape();
  const int64_t rows = RowsToMatchWeights(LedgerOfMlps(model, 1, {}));
  EXPECT_EQ(rows, 243);
  const BytesByClass at = LedgerOfMlps(model, rows, {}).layer_by_layer;
  const BytesByClass before = LedgerOfMlps(model, rows - 1, {}).layer_by_layer;
  EXPECT_GE(at.activations, at.weights);
  EXPECT_LT(before.activations, before.weights);
  // Weights of half a byte are matched by half of the rows.
  EXPECT_EQ(RowsToMatchWeights(LedgerOfMlps(model, 1, {.weight = 0.5})), 122);
}

TEST(FusionLedgerTest, FusedAttentionKeepsNoScores) {
  const FusionLedger ledger =
      LedgerOfAttention({4, 100, 9, 3, 64}, {.kv = 2, .score = 4});
  EXPECT_EQ(ledger.layer_by_layer.scores, 4 * 4 * 9 * 100 * 4);
  EXPECT_EQ(ledger.fused.scores, 0);
  EXPECT_EQ(ledger.fused.kv, 2 * 100 * 3 * 64 * 2);
  EXPECT_EQ(ledger.layer_by_layer.kv, ledger.fused.kv);
  EXPECT_EQ(ledger.fused.activations, 2 * 4 * 9 * 64);
}

TEST(FusionLedgerTest, AWindowBoundsALayersContext) {
  ModelShape model = Smollm2Shape();
  model.layers.resize(2);
  model.layers[0].window = 10;
  const FusionLedger ledger = LedgerOfAttentions(model, 1, 100, {});
  EXPECT_EQ(ledger.layer_by_layer.scores, 4 * 9 * (10 + 100));
  EXPECT_EQ(ledger.fused.kv, 2 * 3 * 64 * (10 + 100));
}

}  // namespace
}  // namespace mj
