// Reads the energy drawn by one power domain since an arbitrary start.
#ifndef MILLIJOULE_HW_BACKENDS_ENERGY_METER_H_
#define MILLIJOULE_HW_BACKENDS_ENERGY_METER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

// Where a number of joules comes from. A modelled one never passes for a
// measured one: this travels with it as far as the metric's label.
enum class EnergyMethod { kMeasured, kModelled };

constexpr std::string_view EnergyMethodName(EnergyMethod method) {
  return method == EnergyMethod::kMeasured ? "measured" : "modelled";
}

struct MeterInfo {
  std::string
      domain{};  // the boundary: "package", "dram", "gpu", "package+dram"
  EnergyMethod method = EnergyMethod::kModelled;
  Joules resolution{0};       // the counter's step
  std::string source;         // counter file, library or descriptor
  std::string calibration{};  // identifies the coefficients or counter
};

struct EnergySample {
  Joules total{0};
  Seconds time{0};  // of the injected clock, when `total` was true
};

// Joules never decrease: implementations undo counter wrap-around.
// Errors: UNAVAILABLE when the domain is gone, PERMISSION_DENIED when the
// counter may not be read. Not thread-safe: one sampling thread owns a meter.
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  virtual const MeterInfo& info() const = 0;
  virtual absl::StatusOr<EnergySample> Read() = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_ENERGY_METER_H_
