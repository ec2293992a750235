// A device as numbers: what computes, what is around it, what it takes and
// what it cannot do. Read from a TOML file in which every number carries its
// value, unit, node, voltage, source and kind (measured, model or assumed).
// The platforms of platform_descriptor.h are devices, too.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_DESCRIPTOR_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_DESCRIPTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/models/device_op.h"
#include "hw_backends/models/lane_device.h"
#include "hw_backends/models/platform_descriptor.h"
#include "hw_backends/models/serving_rate.h"
#include "hw_backends/models/surroundings.h"
#include "hw_backends/models/tile_device.h"

namespace mj {

// What a functional simulation of the device computes with.
enum class DeviceNumerics {
  kNone,        // there is none: the device is priced alone
  kDigital,     // weights in arrays, exact integers of 8 bits
  kAnalog,      // weights in arrays, as conductances
  kFixedPoint,  // weights pass lanes: integers of 8 bits, nonlinearities by
                // tables
};
// "digital", "analog", "fixed-point", as `numerics` in a file; "" for none.
std::string_view DeviceNumericsName(DeviceNumerics numerics);

struct PlatformUnit {
  PlatformDescriptor platform;
  int clock = 0;  // index into its clocks
};

struct DeviceDescriptor {
  std::string name;         // "colonnade-65nm"
  std::string calibration;  // name and a digest of the file
  std::string citation;     // of what is described
  std::string cannot;       // what it cannot do, or what is not known of it

  std::vector<int64_t> input_bits, weight_bits;  // that it takes
  bool takes_n_of_m = false, takes_block = false;
  DeviceNumerics numerics = DeviceNumerics::kNone;
  bool takes_rotary = true;    // scores depend on i - j
  bool fuses_softmax = false;  // keeps L scores a head, not L^2
  // Computes a feed-forward part from input to output at once: what is between
  // stays in its units.
  bool fuses_mlp = false;

  std::variant<TileDevice, LaneDevice, PlatformUnit> unit;
  Surroundings around;                  // not of platforms
  double area_mm2 = 0;                  // 0: not known
  std::optional<ServingPoint> serving;  // as it was seen to serve a model
};

// INVALID_ARGUMENT names file, key and what was needed: see CoefficientFile; a
// constant without node or voltage; a size of 0; a voltage or clock outside
// the points that are known; `numerics` that its family does not compute with;
// an unknown key.
absl::StatusOr<DeviceDescriptor> ReadDevice(CoefficientFile& file);

// 8 bits where the device takes them, else the most that it takes.
int DefaultBits(const std::vector<int64_t>& bits);

// INVALID_ARGUMENT names a precision or sparsity that the device does not take
// and those that it does.
absl::Status CheckOp(const DeviceDescriptor& device, const DeviceOp& op);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_DESCRIPTOR_H_
