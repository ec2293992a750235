// Time and energy of a step on a platform, at each of its clocks, from shapes
// alone. With x = f / f_max and v = V(f) / V(f_max):
//
//   t_linear = hypot(operations / (R x^a), weight bytes / W(f))
//   t_other  = hypot(other operations / (R_o x^a), KV bytes / W(f))
//   t(f)     = t_linear + t_other + host overhead a step and a sequence
//   W(f)     = W_max g(f) / g(f_max), g(f) = (1 + (f_corner / f)^4)^(-1/4)
//
// So computing scales with the clock and memory hardly does until the fabric,
// which shares the clock, becomes the limit (T ~ f^-b, with b near 1 for
// prompts, well below it for decode, and near 1 again at low clocks). hypot is
// a roofline (Williams et al. 2009) whose two halves overlap imperfectly.
// Products run over rows in multiples of tile_rows: latency jumps at the edge
// of a tile. The host's overhead knows no clock of the device.
//
//   E(f) = P_idle(f) t(f) + (busy constant + busy clocking v^2 x) t_device(f)
//        + v^2 (sum of operations J/op + bytes J/control byte)
//        + bytes J/memory byte
//   P_idle(f) = idle constant + leakage v^k + idle clocking v^2 x
//
// The dynamic part is C V^2 per event; what waits for memory still clocks.
// Several devices (tensor parallel) share the work evenly and each draws its
// own power; the links between them are not modelled.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_PLATFORM_COST_MODEL_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_PLATFORM_COST_MODEL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "hw_backends/models/platform_descriptor.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"
#include "kernels/op_cost.h"
#include "kernels/step_shape.h"

namespace mj {

// A step as far as its price depends on it, for any clock.
struct StepDemand {
  double linear_operations = 0;         // of the rows there are
  double padded_linear_operations = 0;  // of whole tiles
  double other_operations = 0;
  double weight_bytes = 0;
  double kv_bytes = 0;
  int num_sequences = 0;
};

// Immutable: any thread.
class PlatformCostModel final {
 public:
  // REQUIRES: num_devices >= 1
  PlatformCostModel(const ModelShape& model, const CostOptions& options,
                    PlatformDescriptor platform, int num_devices);

  StepDemand DemandOf(const StepShape& step) const;
  // At clocks()[clock].
  Price PriceAt(const StepDemand& demand, int clock) const;
  // At all of them. REQUIRES: as many as clocks.
  void PriceAll(const StepDemand& demand, std::span<Price> prices) const;

  std::span<const Hertz> clocks() const { return platform_.clocks; }
  int num_clocks() const { return static_cast<int>(rates_.size()); }
  int full_clock() const { return num_clocks() - 1; }
  // All devices, weights loaded, nothing to do, at clocks()[clock].
  Watts idle_power(int clock) const { return rates_[clock].idle; }
  Watts parked_power() const { return platform_.parked * num_devices_; }
  Watts dropped_power() const { return platform_.dropped * num_devices_; }
  // To read the weights again, all devices at once.
  Seconds WakeDropped(int64_t weight_bytes) const;
  Joules switch_energy() const {
    return platform_.switch_energy * num_devices_;
  }
  int64_t kv_bytes_per_token() const { return kv_bytes_per_token_; }
  int num_devices() const { return num_devices_; }
  const PlatformDescriptor& platform() const { return platform_; }

 private:
  struct ClockRates {
    double seconds_per_linear, seconds_per_other, seconds_per_byte;
    double joules_per_linear, joules_per_other, joules_per_byte;
    Watts idle, busy;  // busy: beyond idle
  };
  ClockRates RatesAt(Hertz clock) const;

  PlatformDescriptor platform_;
  StepCost cost_;
  int num_devices_;
  int64_t kv_bytes_per_token_ = 0;
  // Linear, a row: of all layers to the last K and V, of what follows, and of
  // the head.
  double layer_operations_ = 0, last_layer_operations_ = 0,
         head_operations_ = 0;
  std::vector<ClockRates> rates_;
};

// The fewest devices, a power of two, of which the weights fill at most 85 %
// of the usable memory.
int DevicesFor(int64_t weight_bytes, const PlatformDescriptor& platform);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_PLATFORM_COST_MODEL_H_
