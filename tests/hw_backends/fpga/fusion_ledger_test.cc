#include "hw_backends/fpga/fusion_ledger.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

// SmolLM2-135M's sizes, a byte a value.
TEST(FusionLedgerTest, FusionSavesActivationsButNotWeights) {
  const FusionLedger one = LedgerOf(GatedMlpShape{1, 576, 1536});
  EXPECT_EQ(one.layer_by_layer.activations, 3 * 576 + 6 * 1536);
  EXPECT_EQ(one.fused.activations, 2 * 576);
  EXPECT_NEAR(1 - one.fused.activations / one.layer_by_layer.activations, 0.895,
              5e-4);
  EXPECT_EQ(one.fused.weights, 3 * 576 * 1536);
  EXPECT_EQ(one.layer_by_layer.weights, one.fused.weights);
  EXPECT_NEAR(one.layer_by_layer.activations / one.fused.weights, 0.004, 2e-4);
  const FusionLedger many = LedgerOf(GatedMlpShape{243, 576, 1536});
  EXPECT_GE(many.layer_by_layer.activations, many.fused.weights);
}

TEST(FusionLedgerTest, FusedAttentionKeepsNoScores) {
  const FusionLedger ledger = LedgerOf(AttentionShape{4, 100, 9, 3, 64});
  EXPECT_EQ(ledger.layer_by_layer.scores, 4 * 4 * 9 * 100);
  EXPECT_EQ(ledger.fused.scores, 0);
  EXPECT_EQ(ledger.fused.kv, 2 * 100 * 3 * 64);
  EXPECT_EQ(ledger.layer_by_layer.kv, ledger.fused.kv);
  EXPECT_EQ(ledger.fused.activations, 2 * 4 * 9 * 64);
}

}  // namespace
}  // namespace mj
