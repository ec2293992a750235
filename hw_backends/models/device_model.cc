#include "hw_backends/models/device_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

MatrixPlan PlanOf(const DeviceDescriptor& device, const Surroundings& around,
                  const DeviceOp& op, int64_t tiles) {
  if (const auto* tile = std::get_if<TileDevice>(&device.unit)) {
    return TilePlan(*tile, around, op, tiles);
  }
  if (const auto* lanes = std::get_if<LaneDevice>(&device.unit)) {
    return LanePlan(*lanes, around, op);
  }
  return PlatformPlan(std::get<PlatformUnit>(device.unit), op);
}

Joules LoadEnergy(const MatrixPlan& plan) {
  if (const auto* p = std::get_if<TilePlan>(&plan)) return p->load_energy();
  if (const auto* p = std::get_if<LanePlan>(&plan)) return p->load_energy();
  return Joules(0);
}

Seconds LoadTime(const MatrixPlan& plan) {
  if (const auto* p = std::get_if<TilePlan>(&plan)) return p->load_time();
  if (const auto* p = std::get_if<LanePlan>(&plan)) return p->load_time();
  return Seconds(0);
}

bool IsPlatform(const DeviceDescriptor& device) {
  return std::holds_alternative<PlatformUnit>(device.unit);
}

ModelShape WithWeightBits(ModelShape model, int bits) {
  const auto narrow = [bits](MatrixShape& matrix) {
    matrix.bytes = matrix.rows * matrix.cols * bits / 8;
  };
  for (LayerShape& layer : model.layers) {
    for (MatrixShape* matrix :
         {&layer.qkv, &layer.output, &layer.gate_up, &layer.down}) {
      narrow(*matrix);
    }
  }
  narrow(model.embedding);
  narrow(model.head);
  return model;
}

}  // namespace

absl::StatusOr<DeviceModel> DeviceModel::Create(
    DeviceDescriptor device, const ModelShape& model,
    const DeviceModelOptions& options) {
  if (options.rotary && !device.takes_rotary) {
    return absl::InvalidArgumentError(absl::StrCat(
        device.name, ": ", model.name,
        " rotates queries and keys by position (RoPE), so a score depends on "
        "i - j between W_Q and W_K, and no one static matrix W_Q W_K^T gives "
        "it; models of absolute positions only"));
  }
  DeviceModelOptions filled = options;
  if (filled.input_bits == 0) {
    filled.input_bits = DefaultBits(device.input_bits);
  }
  if (filled.weight_bits == 0) {
    filled.weight_bits = DefaultBits(device.weight_bits);
  }
  DeviceOp op{
      {1, 1, 1}, filled.input_bits, filled.weight_bits, filled.sparsity};
  if (absl::Status s = CheckOp(device, op); !s.ok()) return s;
  if (!IsPlatform(device)) {
    return DeviceModel(std::move(device), model, op, options.cost);
  }
  op.weight_bits = options.weight_bits;
  return DeviceModel(
      std::move(device),
      op.weight_bits == 0 ? model : WithWeightBits(model, op.weight_bits), op,
      options.cost);
}

DeviceModel::DeviceModel(DeviceDescriptor device, const ModelShape& model,
                         const DeviceOp& precision, const CostOptions& options)
    : device_(std::move(device)),
      precision_(precision),
      around_(device_.around),
      cost_(model, options),
      kv_byte_(around_.dram_byte),
      kv_bytes_per_second_(around_.dram_bytes_per_second),
      score_bytes_(precision.input_bits / 8.0),
      heads_and_layers_(static_cast<double>(model.num_heads) *
                        static_cast<double>(model.layers.size())),
      operations_per_score_(4.0 * model.head_dim) {
  PlanMatrices(model);
  CountOtherOps(model, options);
  if (device_.fuses_mlp) FuseMlps(model, options);
  if (const auto* tile = std::get_if<TileDevice>(&device_.unit)) {
    activity_ = tile->activity;
    reference_activity_ = tile->reference_activity;
    for (const Matrix& m : matrices_) {
      const Joules toggling = std::get<TilePlan>(m.plan).toggling();
      toggling_per_row_ += m.passes.all * toggling;
      toggling_per_whole_row_ += m.passes.whole * toggling;
      toggling_per_logits_row_ += m.passes.logits * toggling;
    }
  }
  if (const auto* lanes = std::get_if<LaneDevice>(&device_.unit)) {
    kv_byte_ = lanes->weight_byte;
    kv_bytes_per_second_ = lanes->bytes_per_second;
  }
  if (const auto* unit = std::get_if<PlatformUnit>(&device_.unit)) {
    platform_.emplace(model, options, unit->platform,
                      static_cast<int>(placement_.devices));
    platform_clock_ = unit->clock;
  }
}

void DeviceModel::AddMatrix(const MatrixShape& shape, const Passes& passes,
                            std::vector<DeviceOp>& known) {
  DeviceOp op = precision_;
  op.gemm = {1, shape.rows, shape.cols};
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i].gemm != op.gemm) continue;
    Passes& sum = matrices_[i].passes;
    sum.all += passes.all;
    sum.whole += passes.whole;
    sum.logits += passes.logits;
    return;
  }
  known.push_back(op);
  matrices_.push_back({PlanOf(device_, around_, op, int64_t{1} << 40), passes});
}

// Twice: what all of them need says how many devices there are and whether a
// matrix has tiles of its own.
void DeviceModel::PlanMatrices(const ModelShape& model) {
  std::vector<DeviceOp> known;
  double shape_bytes = 0;
  const auto add = [&](const MatrixShape& shape, const Passes& passes) {
    shape_bytes += passes.total() * static_cast<double>(shape.bytes);
    AddMatrix(shape, passes, known);
  };
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerShape& layer = model.layers[i];
    const bool last = i + 1 == model.layers.size();
    const Passes after_kv = last ? Passes{.whole = 1} : Passes{.all = 1};
    add(layer.qkv, {.all = 1});
    add(layer.output, after_kv);
    add(layer.gate_up, after_kv);
    add(layer.down, after_kv);
  }
  add(model.head, {.logits = 1});

  double bytes = 0, folds = 0;
  Seconds load_time(0);
  Joules load_energy(0);
  for (const Matrix& m : matrices_) {
    const double count = m.passes.total();
    bytes +=
        count * std::visit([](const auto& plan) { return plan.weight_bytes(); },
                           m.plan);
    load_time += count * LoadTime(m.plan);
    load_energy += count * LoadEnergy(m.plan);
    if (const auto* tile = std::get_if<TilePlan>(&m.plan)) {
      folds += count * static_cast<double>(tile->folds());
    }
  }
  placement_ = Place(device_, IsPlatform(device_) ? shape_bytes : bytes,
                     static_cast<int64_t>(folds));
  placement_.load_time = load_time;
  placement_.load_energy = load_energy;
  around_.idle = static_cast<double>(placement_.devices) * around_.idle;
  const int64_t tiles =
      placement_.resident ? int64_t{1} << 40 : placement_.tiles_had;
  for (size_t i = 0; i < matrices_.size(); ++i) {
    matrices_[i].plan = PlanOf(device_, around_, known[i], tiles);
  }
}

void DeviceModel::CountOtherOps(const ModelShape& model,
                                const CostOptions& options) {
  const StepShape row{{{.num_tokens = 1}}};
  const StepShape whole_row{{{.num_tokens = 1, .num_hidden = 1}}};
  const size_t num_of_any_row = StepOps(model, row, options).size();
  const std::vector<OpCost> ops = StepOps(model, whole_row, options);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].work.linear_operations > 0) continue;
    Other& other = i < num_of_any_row ? per_row_ : per_whole_row_;
    other.activation_bytes += static_cast<double>(ops[i].work.activation_bytes);
    other.kv_write_bytes += static_cast<double>(ops[i].work.kv_write_bytes);
    if (ops[i].kind == OpKind::kAttention) continue;
    other.operations += static_cast<double>(ops[i].work.other_operations);
  }
}

// Takes off what the products (their outputs and inputs) and the activation
// count of it.
void DeviceModel::FuseMlps(const ModelShape& model,
                           const CostOptions& options) {
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerShape& layer = model.layers[i];
    const auto inner = static_cast<double>(layer.down.cols);
    const double activation =
        3 * inner * static_cast<double>(options.activation_bytes);
    Other& other = i + 1 < model.layers.size() ? per_row_ : per_whole_row_;
    other.activation_bytes -=
        static_cast<double>(layer.gate_up.rows) * kOutputBytes + activation +
        inner * precision_.input_bits / 8;
  }
}

DeviceCost DeviceModel::PriceOther(const StepShape& step,
                                   const RowCounts& counts) const {
  const auto rows = static_cast<double>(counts.all);
  const auto whole = static_cast<double>(counts.whole);
  int64_t attention = 0, kv_read_bytes = 0, positions = 0;
  for (const SequenceShape& s : step.sequences) {
    const Work work = cost_.Attention(s);
    attention += work.other_operations;
    kv_read_bytes += work.kv_read_bytes;
    positions += s.num_tokens > 0 ? s.context_tokens + s.num_tokens : 0;
  }
  const double operations = static_cast<double>(attention) +
                            rows * per_row_.operations +
                            whole * per_whole_row_.operations;
  const double kv_bytes =
      static_cast<double>(kv_read_bytes) + rows * per_row_.kv_write_bytes;
  const double scores = static_cast<double>(attention) / operations_per_score_;
  const double fused_scores =
      heads_and_layers_ * static_cast<double>(positions);
  DeviceCost cost;
  cost.bytes.kv = kv_bytes;
  cost.bytes.activations = rows * per_row_.activation_bytes +
                           whole * per_whole_row_.activation_bytes;
  cost.bytes.scores =
      score_bytes_ *
      (device_.fuses_softmax ? std::min(fused_scores, scores) : scores);
  cost.time = Seconds(std::max(operations / around_.other_per_second,
                               kv_bytes / kv_bytes_per_second_));
  cost.joules.buffers =
      (cost.bytes.activations + cost.bytes.scores) * around_.buffer_byte;
  cost.joules.dram = kv_bytes * kv_byte_;
  cost.joules.macro.control = operations * around_.other_operation;
  cost.joules.idle = around_.idle * cost.time;
  return cost;
}

DeviceCost DeviceModel::PricePlatformStep(const StepShape& step) const {
  const StepDemand demand = platform_->DemandOf(step);
  const Price price = platform_->PriceAt(demand, platform_clock_);
  const PlatformDescriptor& p = platform_->platform();
  const Hertz clock = p.clocks[platform_clock_];
  const double v = RelativeVoltage(p, clock);
  const double bytes = demand.weight_bytes + demand.kv_bytes;
  DeviceCost cost;
  cost.time = price.time;
  cost.cycles = price.time.count() * clock.value();
  cost.macs = demand.linear_operations / 2;
  cost.bytes.weights = demand.weight_bytes;
  cost.bytes.kv = demand.kv_bytes;
  JoulesByComponent& j = cost.joules;
  j.macro.array = v * v *
                  (demand.linear_operations * p.linear_operation +
                   demand.other_operations * p.other_operation);
  j.noc = v * v * bytes * p.control_byte;
  j.dram = bytes * p.memory_byte;
  j.idle = price.energy - j.macro.array - j.noc - j.dram;
  return cost;
}

DeviceCost DeviceModel::PriceStep(const StepShape& step) const {
  const RowCounts rows = CountRows(step);
  if (rows.all == 0) return {};
  if (platform_) return PricePlatformStep(step);
  DeviceCost total = PriceOther(step, rows);
  total += PriceProducts(rows);
  return total;
}

Joules DeviceModel::BitEnergy(const SequenceShape& sequence,
                              double toggles) const {
  if (!scales_with_bits()) return Joules(0);
  const Joules toggling = sequence.num_tokens * toggling_per_row_ +
                          sequence.num_whole() * toggling_per_whole_row_ +
                          sequence.num_logits * toggling_per_logits_row_;
  return toggling * (toggles / (reference_activity_ * activity_) - 1);
}

DeviceCost DeviceModel::PriceProducts(const RowCounts& rows) const {
  DeviceCost total;
  for (const Matrix& m : matrices_) {
    double passes = 0;
    const auto run = [&](double of_them, int64_t with_rows) {
      if (of_them == 0 || with_rows == 0) return;
      total += of_them * CostOf(m.plan, with_rows);
      passes += of_them;
    };
    run(m.passes.all, rows.all);
    run(m.passes.whole, rows.whole);
    run(m.passes.logits, rows.logits);
    if (placement_.resident) continue;
    total.time += passes * LoadTime(m.plan);
    total.joules.dram += passes * LoadEnergy(m.plan);
    total.joules.idle += passes * (around_.idle * LoadTime(m.plan));
  }
  return total;
}

void DeviceModel::PriceAlone(std::span<const SequenceShape> sequences,
                             std::vector<Price>& alone) const {
  StepShape step{{SequenceShape{}}};
  SequenceShape& one = step.sequences.front();
  DeviceCost products;
  for (const SequenceShape& s : sequences) {
    const RowCounts rows = CountRows(s);
    const bool alike = rows == CountRows(one);
    one = s;
    DeviceCost cost;
    if (platform_ || s.num_tokens == 0) {
      cost = PriceStep(step);
    } else {
      if (!alike) products = PriceProducts(rows);
      cost = PriceOther(step, rows);
      cost += products;
    }
    alone.push_back({cost.joules.total(), cost.time});
  }
}

}  // namespace mj
