// Prices one product with weights on a device.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_PRICE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_PRICE_H_

#include <cstdint>
#include <variant>

#include "absl/status/statusor.h"
#include "hw_backends/models/device_cost.h"
#include "hw_backends/models/device_descriptor.h"
#include "hw_backends/models/device_op.h"
#include "hw_backends/models/platform_cost_model.h"

namespace mj {

// One matrix on a platform: the roofline of platform_cost_model.h without the
// host's overhead, which is a step's; its dynamic energy by where it goes and
// the rest as static.
class PlatformPlan final {
 public:
  PlatformPlan(const PlatformUnit& unit, const DeviceOp& op);

  DeviceCost Cost(int64_t m) const;
  double Utilisation(int64_t m) const;
  double weight_bytes() const { return weight_bytes_; }

 private:
  PlatformCostModel model_;
  int clock_;
  int64_t n_, k_;
  int input_bits_;
  double weight_bytes_;
};

// One matrix on any device, as if its weights fitted.
using MatrixPlan = std::variant<TilePlan, LanePlan, PlatformPlan>;

DeviceCost CostOf(const MatrixPlan& plan, int64_t m);

// How much of a device a set of matrices takes. Devices that cannot exchange
// weights while they serve are as many as it takes.
//   needed, had  tiles, or memories of one device
Placement Place(const DeviceDescriptor& device, double weight_bytes,
                int64_t folds);

// The op on a device that holds nothing else: on ceil(needed / had) devices
// where weights must stay or fill the memory, else on one that writes them
// again in waves. INVALID_ARGUMENT as CheckOp.
absl::StatusOr<PricedOp> PriceOp(const DeviceDescriptor& device,
                                 const DeviceOp& op);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_PRICE_H_
