// Prices whole steps of one model on one device, for traffic that another
// device serves. Each distinct matrix is planned once; layers repeat, so a step
// costs a few closed forms, whatever the layers: under 5 us for 30 of them.
//
//   step = products with weights, one after another (device_price.h)
//        + what is no such product, on the device's other unit:
//            max(operations / rate, KV bytes / bandwidth)
//        + weights written again, where they do not fit and need not stay
//
// The ops and their KV bytes are those of kernels/op_cost.h. KV lies where the
// weights do if that is a memory, on chip or in banks, else in DRAM. Scores
// count once each, or L a head and sequence where the device fuses the softmax;
// what a feed-forward part has between its input and its output counts nothing
// where the device fuses it.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_MODEL_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_MODEL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/models/device_descriptor.h"
#include "hw_backends/models/device_price.h"
#include "hw_backends/models/platform_cost_model.h"
#include "kernels/op_cost.h"
#include "kernels/step_shape.h"

namespace mj {

struct DeviceModelOptions {
  // 0: DefaultBits of the device; on platforms, weights as the model's shape
  // has them.
  int input_bits = 0, weight_bits = 0;
  Sparsity sparsity{};
  CostOptions cost{};
  bool rotary = true;  // the model's positions are rotary (RoPE)
};

// Immutable: any thread.
class DeviceModel final {
 public:
  // INVALID_ARGUMENT: as CheckOp, or rotary positions on a device whose scores
  // come from one static matrix. REQUIRES: the model has a layer.
  static absl::StatusOr<DeviceModel> Create(DeviceDescriptor device,
                                            const ModelShape& model,
                                            const DeviceModelOptions& options);

  // Of placement().devices devices. A step without rows costs nothing.
  DeviceCost PriceStep(const StepShape& step) const;
  // Appends what each sequence would cost in a step of its own, as PriceStep.
  // Products with weights are priced once for neighbours alike, so a sequence
  // takes some 30 ns.
  void PriceAlone(std::span<const SequenceShape> sequences,
                  std::vector<Price>& alone) const;

  // What PriceStep() is short of for one of the step's sequences, or beyond if
  // negative, once its bits are known: the energy of arrays and adders follows
  // `toggles` of a cell's product and cycle (bit_activity.h) in place of the
  // descriptor's activity. 0 where scales_with_bits() is false.
  Joules BitEnergy(const SequenceShape& sequence, double toggles) const;
  // The descriptor says which toggles its energies are for.
  bool scales_with_bits() const { return reference_activity_ > 0; }

  // The part of PriceStep() that is products with weights. REQUIRES: no
  // platform, rows.all > 0
  DeviceCost PriceProducts(const RowCounts& rows) const;
  // The rest's prices: J an operation, operations/s, and of KV bytes.
  const Surroundings& around() const { return around_; }
  Joules kv_byte() const { return kv_byte_; }
  double kv_bytes_per_second() const { return kv_bytes_per_second_; }

  // Of all weights; loading apart, and once.
  const Placement& placement() const { return placement_; }
  const DeviceDescriptor& device() const { return device_; }
  // Of all products, as priced; the gemm is not set. weight_bits 0: the
  // shape's.
  const DeviceOp& precision() const { return precision_; }

 private:
  // Over matrices that are alike, in one step: by the rows that run there.
  struct Passes {
    double all = 0, whole = 0, logits = 0;
    double total() const { return all + whole + logits; }
  };
  struct Matrix {
    MatrixPlan plan;
    Passes passes;
  };
  struct Other {
    double operations = 0, activation_bytes = 0, kv_write_bytes = 0;
  };

  DeviceModel(DeviceDescriptor device, const ModelShape& model,
              const DeviceOp& precision, const CostOptions& options);
  void AddMatrix(const MatrixShape& shape, const Passes& passes,
                 std::vector<DeviceOp>& known);
  void PlanMatrices(const ModelShape& model);
  void CountOtherOps(const ModelShape& model, const CostOptions& options);
  void FuseMlps(const ModelShape& model, const CostOptions& options);
  DeviceCost PriceOther(const StepShape& step, const RowCounts& rows) const;
  DeviceCost PricePlatformStep(const StepShape& step) const;

  DeviceDescriptor device_;
  DeviceOp precision_;
  Surroundings around_;  // of all devices
  StepCost cost_;
  Placement placement_;
  std::vector<Matrix> matrices_;
  Other per_row_, per_whole_row_;  // the latter on top
  Joules kv_byte_{0};
  double kv_bytes_per_second_ = 0;
  double score_bytes_ = 1;
  double heads_and_layers_ = 0;
  double operations_per_score_ = 1;
  std::optional<PlatformCostModel> platform_;
  int platform_clock_ = 0;
  // Of the arrays; what a whole row adds to any row's, and logits to that.
  Joules toggling_per_row_{0}, toggling_per_whole_row_{0},
      toggling_per_logits_row_{0};
  double activity_ = 1, reference_activity_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_MODEL_H_
