// Prices steps on what coefficients describe, a CPU or a simulated device
// (device_coefficients.h): joules and seconds, from shapes alone.
//
//   E(work) = sum of operations * J/op + bytes * J/byte + P_busy * t(work)
//   t(work) = max(operations / rate, DRAM bytes / bandwidth)      (roofline)
// Of a CPU
//   P_busy  = threads * core_active + uncore * (share of the package's cores)
//
// A step costs E(each pass) (kernels/op_cost.h) + the sum of E(own work of each
// sequence), and takes as long as these one after another: at most twice the
// time of a perfect overlap. So static power is charged by modelled seconds,
// never by wall time, and a sequence's joules depend on its own tokens and on
// how many share its passes, not on what the others ask. This shape is affine
// in the sequences; sharing its fixed part equally is its Shapley value.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_STEP_COST_MODEL_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_STEP_COST_MODEL_H_

#include <string>
#include <string_view>

#include "hw_backends/models/cpu_descriptor.h"
#include "hw_backends/quantities.h"
#include "kernels/op_cost.h"
#include "kernels/step_shape.h"

namespace mj {

struct Price {
  Joules energy{0};
  Seconds time{0};
  Price& operator+=(const Price& o) {
    energy += o.energy;
    time += o.time;
    return *this;
  }
};

// The part of a package that the server runs on.
struct CpuShare {
  int threads = 1;  // busy while a step runs
  int cores = 1;    // that the server may use: its part of uncore and idle
};

// What an operation, a byte and a second cost, of all that computes a step.
struct StepCoefficients {
  Joules linear_operation{0}, other_operation{0};
  double linear_per_second = 0, other_per_second = 0;
  Joules weight_byte{0}, kv_byte{0}, activation_byte{0};
  double weight_bytes_per_second = 0, kv_bytes_per_second = 0;
  Watts busy_power{0}, idle_power{0};
  std::string calibration;  // where they come from
};

// REQUIRES: share.threads >= 1, share.cores >= 1, numerics as CostOf's.
StepCoefficients CoefficientsOf(const CpuDescriptor& cpu, const CpuShare& share,
                                std::string_view numerics);

// Immutable: any thread.
class StepCostModel final {
 public:
  // REQUIRES: rates are positive; infinite ones take no time.
  StepCostModel(const ModelShape& model, const CostOptions& options,
                StepCoefficients coefficients);
  // REQUIRES: as CoefficientsOf.
  StepCostModel(const ModelShape& model, const CostOptions& options,
                const CpuDescriptor& cpu, const CpuShare& share,
                std::string_view numerics);

  Price PriceWork(const Work& work) const;
  Price Own(const SequenceShape& sequence) const;
  const Price& layer_pass() const { return layer_pass_; }
  const Price& last_layer_pass() const { return last_layer_pass_; }
  const Price& head_pass() const { return head_pass_; }
  // Of a step in which somebody wants logits.
  Price AllPasses() const;
  Price Step(const StepShape& step) const;

  // While no step runs; the server's share of the package.
  Watts idle_power() const { return coefficients_.idle_power; }
  // While a step runs, beyond its operations and bytes.
  Watts busy_power() const { return coefficients_.busy_power; }
  const StepCost& cost() const { return cost_; }
  const std::string& calibration() const { return coefficients_.calibration; }

 private:
  StepCost cost_;
  StepCoefficients coefficients_;
  Price layer_pass_, last_layer_pass_, head_pass_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_STEP_COST_MODEL_H_
