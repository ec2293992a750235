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
  const DeviceOp op{
      {1, 1, 1}, filled.input_bits, filled.weight_bits, filled.sparsity};
  if (absl::Status s = CheckOp(device, op); !s.ok()) return s;
  return DeviceModel(std::move(device), model, filled);
}

DeviceModel::DeviceModel(DeviceDescriptor device, const ModelShape& model,
                         const DeviceModelOptions& options)
    : device_(std::move(device)),
      around_(device_.around),
      cost_(model, options.cost),
      kv_byte_(around_.dram_byte),
      kv_bytes_per_second_(around_.dram_bytes_per_second),
      score_bytes_(options.input_bits / 8.0),
      heads_and_layers_(static_cast<double>(model.num_heads) *
                        static_cast<double>(model.layers.size())),
      operations_per_score_(4.0 * model.head_dim) {
  const DeviceOp precision{
      {1, 1, 1}, options.input_bits, options.weight_bits, options.sparsity};
  PlanMatrices(model, precision);
  CountOtherOps(model, options.cost);
  if (const auto* tile = std::get_if<TileDevice>(&device_.unit)) {
    activity_ = tile->activity;
    reference_activity_ = tile->reference_activity;
    for (const Matrix& m : matrices_) {
      const Joules toggling = std::get<TilePlan>(m.plan).toggling();
      toggling_per_row_ += m.with_rows * toggling;
      toggling_per_logits_row_ += m.with_logits * toggling;
    }
  }
  if (const auto* lanes = std::get_if<LaneDevice>(&device_.unit)) {
    kv_byte_ = lanes->weight_byte;
    kv_bytes_per_second_ = lanes->bytes_per_second;
  }
  if (const auto* unit = std::get_if<PlatformUnit>(&device_.unit)) {
    platform_.emplace(model, options.cost, unit->platform,
                      static_cast<int>(placement_.devices));
    platform_clock_ = unit->clock;
  }
}

void DeviceModel::AddMatrix(const MatrixShape& shape, double with_rows,
                            double with_logits, const DeviceOp& precision,
                            std::vector<DeviceOp>& known) {
  DeviceOp op = precision;
  op.gemm = {1, shape.rows, shape.cols};
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i].gemm != op.gemm) continue;
    matrices_[i].with_rows += with_rows;
    matrices_[i].with_logits += with_logits;
    return;
  }
  known.push_back(op);
  matrices_.push_back(
      {PlanOf(device_, around_, op, int64_t{1} << 40), with_rows, with_logits});
}

// Twice: what all of them need says how many devices there are and whether a
// matrix has tiles of its own.
void DeviceModel::PlanMatrices(const ModelShape& model,
                               const DeviceOp& precision) {
  std::vector<DeviceOp> known;
  const auto add = [&](const MatrixShape& shape, double rows, double logits) {
    AddMatrix(shape, rows, logits, precision, known);
  };
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerShape& layer = model.layers[i];
    const double logits = i + 1 == model.layers.size() ? 1 : 0;
    add(layer.qkv, 1, 0);
    add(layer.output, 1 - logits, logits);
    add(layer.gate_up, 1 - logits, logits);
    add(layer.down, 1 - logits, logits);
  }
  add(model.head, 0, 1);

  double bytes = 0, folds = 0;
  Seconds load_time(0);
  Joules load_energy(0);
  for (const Matrix& m : matrices_) {
    const double count = m.with_rows + m.with_logits;
    bytes +=
        count * std::visit([](const auto& plan) { return plan.weight_bytes(); },
                           m.plan);
    load_time += count * LoadTime(m.plan);
    load_energy += count * LoadEnergy(m.plan);
    if (const auto* tile = std::get_if<TilePlan>(&m.plan)) {
      folds += count * static_cast<double>(tile->folds());
    }
  }
  placement_ = Place(device_, bytes, static_cast<int64_t>(folds));
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
  const StepShape logits_row{{{.num_tokens = 1, .num_logits = 1}}};
  const size_t without_logits = StepOps(model, row, options).size();
  const std::vector<OpCost> ops = StepOps(model, logits_row, options);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].work.linear_operations > 0) continue;
    Other& other = i < without_logits ? per_row_ : per_logits_row_;
    other.activation_bytes += static_cast<double>(ops[i].work.activation_bytes);
    other.kv_write_bytes += static_cast<double>(ops[i].work.kv_write_bytes);
    if (ops[i].kind == OpKind::kAttention) continue;
    other.operations += static_cast<double>(ops[i].work.other_operations);
  }
}

DeviceCost DeviceModel::PriceOther(const StepShape& step, double rows,
                                   double logits) const {
  int64_t attention = 0, kv_read_bytes = 0, positions = 0;
  for (const SequenceShape& s : step.sequences) {
    const Work work = cost_.Attention(s);
    attention += work.other_operations;
    kv_read_bytes += work.kv_read_bytes;
    positions += s.num_tokens > 0 ? s.context_tokens + s.num_tokens : 0;
  }
  const double operations = static_cast<double>(attention) +
                            rows * per_row_.operations +
                            logits * per_logits_row_.operations;
  const double kv_bytes =
      static_cast<double>(kv_read_bytes) + rows * per_row_.kv_write_bytes;
  const double scores = static_cast<double>(attention) / operations_per_score_;
  const double fused_scores =
      heads_and_layers_ * static_cast<double>(positions);
  DeviceCost cost;
  cost.bytes.kv = kv_bytes;
  cost.bytes.activations = rows * per_row_.activation_bytes +
                           logits * per_logits_row_.activation_bytes;
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
  int64_t rows = 0, logits = 0;
  for (const SequenceShape& s : step.sequences) {
    rows += s.num_tokens;
    logits += s.num_logits;
  }
  if (rows == 0) return {};
  if (platform_) return PricePlatformStep(step);
  DeviceCost total =
      PriceOther(step, static_cast<double>(rows), static_cast<double>(logits));
  return total += PriceProducts(rows, logits);
}

Joules DeviceModel::BitEnergy(const SequenceShape& sequence,
                              double toggles) const {
  if (!scales_with_bits()) return Joules(0);
  const Joules toggling = sequence.num_tokens * toggling_per_row_ +
                          sequence.num_logits * toggling_per_logits_row_;
  return toggling * (toggles / (reference_activity_ * activity_) - 1);
}

DeviceCost DeviceModel::PriceProducts(int64_t rows, int64_t logits) const {
  DeviceCost total;
  for (const Matrix& m : matrices_) {
    double passes = m.with_rows;
    if (passes > 0) total += passes * CostOf(m.plan, rows);
    if (logits > 0 && m.with_logits > 0) {
      total += m.with_logits * CostOf(m.plan, logits);
      passes += m.with_logits;
    }
    if (placement_.resident) continue;
    total.time += passes * LoadTime(m.plan);
    total.joules.dram += passes * LoadEnergy(m.plan);
    total.joules.idle += passes * (around_.idle * LoadTime(m.plan));
  }
  return total;
}

}  // namespace mj
