#include "hw_backends/models/fusion_ledger.h"

#include <algorithm>
#include <cmath>

namespace mj {
namespace {

constexpr double kWrittenAndRead = 2;

}  // namespace

FusionLedger LedgerOfMlp(int64_t rows, int64_t hidden, int64_t inner,
                         const ElementBytes& bytes) {
  const auto m = static_cast<double>(rows);
  const auto h = static_cast<double>(hidden);
  const auto i = static_cast<double>(inner);
  const FusedMaps maps{.in = h, .between = 3 * i, .out = h};
  FusionLedger ledger;
  ledger.fused.weights = 3 * h * i * bytes.weight;
  ledger.fused.activations = m * FusedBytes(maps) * bytes.activation;
  ledger.layer_by_layer = ledger.fused;
  ledger.layer_by_layer.activations =
      m * (LayerwiseBytes(maps, kWrittenAndRead) + h) * bytes.activation;
  return ledger;
}

FusionLedger LedgerOfAttention(const AttentionShape& shape,
                               const ElementBytes& bytes) {
  const auto rows = static_cast<double>(shape.rows);
  const auto context = static_cast<double>(shape.context);
  const auto heads = static_cast<double>(shape.num_heads);
  const auto width = static_cast<double>(shape.head_dim);
  FusionLedger ledger;
  ledger.fused.kv =
      2 * context * static_cast<double>(shape.num_kv_heads) * width * bytes.kv;
  ledger.fused.activations = 2 * rows * heads * width * bytes.activation;
  ledger.layer_by_layer = ledger.fused;
  ledger.layer_by_layer.scores =
      2 * kWrittenAndRead * rows * heads * context * bytes.score;
  return ledger;
}

FusionLedger LedgerOfMlps(const ModelShape& model, int64_t rows,
                          const ElementBytes& bytes) {
  FusionLedger sum;
  for (const LayerShape& layer : model.layers) {
    sum += LedgerOfMlp(rows, layer.down.rows, layer.down.cols, bytes);
  }
  return sum;
}

FusionLedger LedgerOfAttentions(const ModelShape& model, int64_t rows,
                                int64_t context, const ElementBytes& bytes) {
  FusionLedger sum;
  for (const LayerShape& layer : model.layers) {
    AttentionShape shape{rows, context, model.num_heads, model.num_kv_heads,
                         model.head_dim};
    if (layer.window > 0) {
      shape.context = std::min<int64_t>(context, layer.window);
    }
    sum += LedgerOfAttention(shape, bytes);
  }
  return sum;
}

int64_t RowsToMatchWeights(const FusionLedger& one_row) {
  const BytesByClass& bytes = one_row.layer_by_layer;
  return static_cast<int64_t>(std::ceil(bytes.weights / bytes.activations));
}

}  // namespace mj
