#include "hw_backends/models/step_cost_model.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mj {

StepCoefficients CoefficientsOf(const CpuDescriptor& cpu, const CpuShare& share,
                                std::string_view numerics) {
  assert(share.threads >= 1 && share.cores >= 1);
  const double package_part =
      std::min(1.0, static_cast<double>(share.cores) / cpu.package_cores);
  const OperationCost& linear = CostOf(cpu, numerics);
  const double bytes_per_second = std::min(
      cpu.core_bytes_per_second * share.threads, cpu.package_bytes_per_second);
  return {
      .linear_operation = linear.energy,
      .other_operation = cpu.f32.energy,
      .linear_per_second = linear.per_core_per_second * share.threads,
      .other_per_second = cpu.f32.per_core_per_second * share.threads,
      .weight_byte = cpu.weight_byte,
      .kv_byte = cpu.kv_byte,
      .activation_byte = cpu.activation_byte,
      .weight_bytes_per_second = bytes_per_second,
      .kv_bytes_per_second = bytes_per_second,
      .busy_power = cpu.core_active * share.threads + cpu.uncore * package_part,
      .idle_power = cpu.idle * package_part,
      .calibration = cpu.calibration};
}

StepCostModel::StepCostModel(const ModelShape& model,
                             const CostOptions& options,
                             StepCoefficients coefficients)
    : cost_(model, options), coefficients_(std::move(coefficients)) {
  layer_pass_ = PriceWork(cost_.layer_pass());
  last_layer_pass_ = PriceWork(cost_.last_layer_pass());
  head_pass_ = PriceWork(cost_.head_pass());
}

StepCostModel::StepCostModel(const ModelShape& model,
                             const CostOptions& options,
                             const CpuDescriptor& cpu, const CpuShare& share,
                             std::string_view numerics)
    : StepCostModel(model, options, CoefficientsOf(cpu, share, numerics)) {}

Price StepCostModel::PriceWork(const Work& work) const {
  const StepCoefficients& c = coefficients_;
  const int64_t kv_bytes = work.kv_read_bytes + work.kv_write_bytes;
  const Seconds computing(work.linear_operations / c.linear_per_second +
                          work.other_operations / c.other_per_second);
  const Seconds moving(work.weight_bytes / c.weight_bytes_per_second +
                       kv_bytes / c.kv_bytes_per_second);
  const Seconds time = std::max(computing, moving);
  const Joules dynamic = c.linear_operation * work.linear_operations +
                         c.other_operation * work.other_operations +
                         c.weight_byte * work.weight_bytes +
                         c.kv_byte * kv_bytes +
                         c.activation_byte * work.activation_bytes;
  return {dynamic + c.busy_power * time, time};
}

Price StepCostModel::Own(const SequenceShape& sequence) const {
  return PriceWork(cost_.Marginal(sequence));
}

Price StepCostModel::AllPasses() const {
  Price all = layer_pass_;
  all += last_layer_pass_;
  all += head_pass_;
  return all;
}

Price StepCostModel::Step(const StepShape& step) const {
  Price total;
  for (const SequenceShape& s : step.sequences) total += Own(s);
  const RowCounts rows = CountRows(step);
  if (rows.all > 0) total += layer_pass_;
  if (rows.whole > 0) total += last_layer_pass_;
  if (rows.logits > 0) total += head_pass_;
  return total;
}

}  // namespace mj
