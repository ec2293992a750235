#include "hw_backends/fpga/fusion_ledger.h"

namespace mj {

FusionLedger LedgerOf(const GatedMlpShape& shape) {
  const auto rows = static_cast<double>(shape.rows);
  const auto hidden = static_cast<double>(shape.hidden);
  const auto inner = static_cast<double>(shape.inner);
  FusionLedger ledger;
  ledger.fused.weights = 3 * hidden * inner * shape.weight_bytes;
  ledger.layer_by_layer.weights = ledger.fused.weights;
  // gate and up both read x; gate, up and their product are written and read.
  ledger.layer_by_layer.activations =
      rows * (3 * hidden + 6 * inner) * shape.activation_bytes;
  ledger.fused.activations = rows * 2 * hidden * shape.activation_bytes;
  return ledger;
}

FusionLedger LedgerOf(const AttentionShape& shape) {
  const auto rows = static_cast<double>(shape.rows);
  const auto context = static_cast<double>(shape.context);
  const auto heads = static_cast<double>(shape.num_heads);
  FusionLedger ledger;
  MovedBytes& fused = ledger.fused;
  fused.kv = 2 * context *
             static_cast<double>(shape.num_kv_heads * shape.head_dim) *
             shape.kv_bytes;
  fused.activations = 2 * rows * heads * static_cast<double>(shape.head_dim) *
                      shape.activation_bytes;
  ledger.layer_by_layer = fused;
  // Scores and weights, each written and read.
  ledger.layer_by_layer.scores = 4 * rows * heads * context * shape.score_bytes;
  return ledger;
}

}  // namespace mj
