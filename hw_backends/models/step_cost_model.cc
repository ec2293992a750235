#include "hw_backends/models/step_cost_model.h"

#include <algorithm>
#include <cassert>

namespace mj {

StepCostModel::StepCostModel(const ModelShape& model,
                             const CostOptions& options,
                             const CpuDescriptor& cpu, const CpuShare& share,
                             std::string_view numerics)
    : cost_(model, options), cpu_(cpu), linear_(CostOf(cpu, numerics)) {
  assert(share.threads >= 1 && share.cores >= 1);
  const double package_part =
      std::min(1.0, static_cast<double>(share.cores) / cpu.package_cores);
  busy_power_ = cpu.core_active * share.threads + cpu.uncore * package_part;
  idle_power_ = cpu.idle * package_part;
  linear_rate_ = linear_.per_core_per_second * share.threads;
  other_rate_ = cpu.f32.per_core_per_second * share.threads;
  bytes_per_second_ = std::min(cpu.core_bytes_per_second * share.threads,
                               cpu.package_bytes_per_second);
  layer_pass_ = PriceWork(cost_.layer_pass());
  head_pass_ = PriceWork(cost_.head_pass());
}

Price StepCostModel::PriceWork(const Work& work) const {
  const int64_t kv_bytes = work.kv_read_bytes + work.kv_write_bytes;
  const Seconds computing(work.linear_operations / linear_rate_ +
                          work.other_operations / other_rate_);
  const Seconds moving((work.weight_bytes + kv_bytes) / bytes_per_second_);
  const Seconds time = std::max(computing, moving);
  const Joules dynamic = linear_.energy * work.linear_operations +
                         cpu_.f32.energy * work.other_operations +
                         cpu_.weight_byte * work.weight_bytes +
                         cpu_.kv_byte * kv_bytes +
                         cpu_.activation_byte * work.activation_bytes;
  return {dynamic + busy_power_ * time, time};
}

Price StepCostModel::Own(const SequenceShape& sequence) const {
  return PriceWork(cost_.Marginal(sequence));
}

Price StepCostModel::Step(const StepShape& step) const {
  Price total;
  bool rows = false, logits = false;
  for (const SequenceShape& s : step.sequences) {
    total += Own(s);
    rows |= s.num_tokens > 0;
    logits |= s.num_logits > 0;
  }
  if (rows) total += layer_pass_;
  if (logits) total += head_pass_;
  return total;
}

}  // namespace mj
