// Bytes that one layer's feed-forward part or attention moves between units and
// memory, operator by operator and fused: what stays in registers when an
// output is computed from its inputs in one go moves nothing.
//
// Layer by layer each operator reads its inputs and writes its output; fused,
// only what enters and leaves moves. Weights and stored keys and values are
// read once either way: they are listed apart, for at few rows they are nearly
// all.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FUSION_LEDGER_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FUSION_LEDGER_H_

#include <cstdint>

namespace mj {

struct MovedBytes {
  double weights = 0;
  double activations = 0;
  double scores = 0;  // and the softmax's results
  double kv = 0;
};
struct FusionLedger {
  MovedBytes layer_by_layer, fused;
};

// y = down(activation(gate(x)) * up(x)). x, y: [rows, hidden]; a value and a
// weight take `activation_bytes` and `weight_bytes`.
struct GatedMlpShape {
  int64_t rows = 1, hidden = 0, inner = 0;
  double activation_bytes = 1, weight_bytes = 1;
};
FusionLedger LedgerOf(const GatedMlpShape& shape);

// Each of `rows` queries a head attends to `context` positions.
struct AttentionShape {
  int64_t rows = 1, context = 0;
  int64_t num_heads = 0, num_kv_heads = 0, head_dim = 0;
  double activation_bytes = 1, score_bytes = 1, kv_bytes = 1;
};
FusionLedger LedgerOf(const AttentionShape& shape);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_FUSION_LEDGER_H_
