#include "bench/split_price.h"

#include <cassert>

#include "hw_backends/models/device_model.h"

namespace mj {
namespace {

std::vector<std::vector<MatrixShape>> MatricesOf(const ModelShape& model) {
  std::vector<std::vector<MatrixShape>> parts;
  for (const LayerShape& layer : model.layers) {
    parts.push_back({layer.qkv, layer.output, layer.gate_up, layer.down});
  }
  parts.push_back({model.head});
  return parts;
}

}  // namespace

absl::StatusOr<SplitPrice> SplitPrice::Make(const DeviceDescriptor& analog,
                                            const DeviceDescriptor& digital,
                                            const ModelShape& model) {
  const absl::StatusOr<DeviceModel> whole =
      DeviceModel::Create(analog, model, {});
  if (!whole.ok()) return whole.status();
  SplitPrice price;
  const StepShape step{{{.num_tokens = 1, .num_logits = 1}}};
  price.other_ = whole->PriceStep(step).joules.total();
  for (const std::vector<MatrixShape>& matrices : MatricesOf(model)) {
    Part& part = price.parts_.emplace_back();
    for (const MatrixShape& matrix : matrices) {
      const DeviceOp op{{1, matrix.rows, matrix.cols}};
      const absl::StatusOr<PricedOp> in_cells = PriceOp(analog, op);
      if (!in_cells.ok()) return in_cells.status();
      const absl::StatusOr<PricedOp> in_bits = PriceOp(digital, op);
      if (!in_bits.ok()) return in_bits.status();
      part.macs += static_cast<double>(op.gemm.macs());
      part.analog += in_cells->cost.joules.total();
      part.digital += in_bits->cost.joules.total();
      part.digital_load += in_bits->placement.load_energy;
      part.digital_tiles += in_bits->placement.tiles_needed;
      price.digital_tiles_ = in_bits->placement.tiles_had;
    }
    price.macs_ += part.macs;
    price.other_ -= part.analog;
  }
  return price;
}

Joules SplitPrice::PerToken(const std::vector<bool>& analog) const {
  assert(analog.size() == parts_.size());
  Joules total = other_, load(0);
  int64_t tiles = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (analog[i]) {
      total += parts_[i].analog;
      continue;
    }
    total += parts_[i].digital;
    load += parts_[i].digital_load;
    tiles += parts_[i].digital_tiles;
  }
  return tiles > digital_tiles_ ? total + load : total;
}

}  // namespace mj
