// Devices whose weights pass their units: FPGA lanes and systolic tiles,
// row-stationary arrays, units near a memory, chips that are all SRAM. A
// roofline of whole cycles (Williams et al. 2009):
//   cycles = max(compute, weight bytes that stream * f / bandwidth) + depth
//   joules = MACs * mac + activations in and out of buffers + operands' moves
//          + streamed bytes * energy a byte + static power * time
// compute is the law of gemv_lanes.h, of systolic_array.h, or the fewer of
// both, in proportion to the bits of a weight where the units split (else they
// widen what is narrow). Sparse weights take proportionally fewer cycles and
// bytes, and an index each (StoredBits). A MAC of b_x and b_w bits takes
//   0.2 b_x b_w / 64 + 0.1
// in the measure of an int8 product and the sum's addition (Horowitz, ISSCC
// 2014, 45 nm: 0.2 pJ, 3.1 pJ for int32, and 0.1 pJ), its operands' moves go
// with b_x + b_w.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_LANE_DEVICE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_LANE_DEVICE_H_

#include <cstdint>

#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/device_cost.h"
#include "hw_backends/models/device_op.h"
#include "hw_backends/models/gemv_lanes.h"
#include "hw_backends/models/surroundings.h"
#include "hw_backends/models/systolic_array.h"

namespace mj {

struct LaneDevice {
  GemvLanes lanes;   // none: inputs 0
  ArrayShape array;  // none: rows 0
  Dataflow dataflow = Dataflow::kWeightStationary;
  bool preloaded = false;  // a second weight register
  Hertz clock{0};
  // Weights of so many bits take a lane a cycle, others in proportion; 0: of
  // any.
  int64_t lane_bits = 0;
  Joules mac{0};  // of `mac_bits` bits each
  int64_t mac_bits = 8;
  double operand_moves = 0;  // of a MAC, in units of `mac`

  WeightsLive live = WeightsLive::kInDram;
  double capacity = 0;          // bytes of weights that fit
  double bytes_per_second = 0;  // attained, where weights live
  Joules weight_byte{0};        // read from there
  double hit = 0;               // part of weights found in a cache before
  double activated = 1;         // part of weights that a row uses
  double index_bits = 0;        // beside each kept weight
};

bool IsLaneFamily(std::string_view family);  // "lanes"
LaneDevice ReadLaneDevice(CoefficientFields& fields,
                          const Surroundings& around);

// One matrix on the device; Cost(m) is closed form.
class LanePlan final {
 public:
  LanePlan(const LaneDevice& device, const Surroundings& around,
           const DeviceOp& op);

  DeviceCost Cost(int64_t m) const;
  double Utilisation(int64_t m) const;
  double weight_bytes() const { return weight_bytes_; }  // that are stored
  Seconds load_time() const { return load_time_; }
  Joules load_energy() const { return load_energy_; }

 private:
  Joules MacEnergy() const;
  Joules MovesEnergy() const;  // of a MAC's operands
  double ComputeCycles(int64_t m) const;
  double TouchedBytes(int64_t m) const;  // of weights, by m rows

  LaneDevice device_;
  Surroundings around_;
  int64_t n_ = 0, k_ = 0;
  int input_bits_ = 0, weight_bits_ = 0;
  double density_ = 1;
  double cycles_a_mac_ = 1;  // of a lane
  double weight_bytes_ = 0;
  double activation_bytes_ = 0;  // a row
  Seconds load_time_{0};
  Joules load_energy_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_LANE_DEVICE_H_
