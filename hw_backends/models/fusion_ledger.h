// Bytes that operators in a row move between units and memory, one after
// another ("layer by layer") and as one unit that computes an output from its
// inputs in one go ("zero buffer"): what stays inside moves nothing. Of the
// maps of a chain,
//   layer by layer  in + touches * between + out
//   fused           in + out
// where `touches` counts a map between: 1 written or read, 2 both.
//
// Weights and stored keys and values are read once either way and listed
// apart: at few rows they are nearly all of the traffic.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_FUSION_LEDGER_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_FUSION_LEDGER_H_

#include <cstdint>

#include "hw_backends/models/device_cost.h"
#include "kernels/model_shape.h"

namespace mj {

struct FusedMaps {
  double in = 0, between = 0, out = 0;  // bytes
};

constexpr double LayerwiseBytes(const FusedMaps& maps, double touches) {
  return maps.in + touches * maps.between + maps.out;
}

constexpr double FusedBytes(const FusedMaps& maps) {
  return maps.in + maps.out;
}

constexpr double FusionReduction(const FusedMaps& maps, double touches) {
  return 1 - FusedBytes(maps) / LayerwiseBytes(maps, touches);
}

struct FusionLedger {
  BytesByClass layer_by_layer, fused;

  constexpr FusionLedger& operator+=(const FusionLedger& o) {
    layer_by_layer += o.layer_by_layer;
    fused += o.fused;
    return *this;
  }
};

// Of one element.
struct ElementBytes {
  double activation = 1, weight = 1, kv = 1, score = 1;
};

// y = down(activation(gate(x)) * up(x)) of `rows` rows. Layer by layer, gate
// and up both read x; gate, up and their product are written and read.
FusionLedger LedgerOfMlp(int64_t rows, int64_t hidden, int64_t inner,
                         const ElementBytes& bytes);

// softmax(q k^T) v of `rows` queries of one sequence, each of which attends to
// `context` positions. Layer by layer, scores and the softmax's results are
// written and read.
struct AttentionShape {
  int64_t rows = 1, context = 0;
  int64_t num_heads = 0, num_kv_heads = 0, head_dim = 0;
};
FusionLedger LedgerOfAttention(const AttentionShape& shape,
                               const ElementBytes& bytes);

// Of all layers of a model; a layer with a window attends to no more.
FusionLedger LedgerOfMlps(const ModelShape& model, int64_t rows,
                          const ElementBytes& bytes);
FusionLedger LedgerOfAttentions(const ModelShape& model, int64_t rows,
                                int64_t context, const ElementBytes& bytes);

// The fewest rows at which the activations that are moved layer by layer are
// as many bytes as the weights. `one_row`: the ledger of one.
int64_t RowsToMatchWeights(const FusionLedger& one_row);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_FUSION_LEDGER_H_
