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
  // What it covers: "package-0", "package-0/dram", "gpu-0"; of a sum the kinds
  // alone, "package+dram".
  std::string domain{};
  EnergyMethod method = EnergyMethod::kModelled;
  Joules resolution{0};       // the counter's step
  std::string source;         // counter file, library or descriptor
  std::string calibration{};  // identifies the coefficients or counter
  // The counter of working hardware moves at least this often; 0: whenever it
  // is read. Windows under two periods are mostly sampling error.
  Seconds update_period{0};
};

struct EnergySample {
  Joules total{0};
  Seconds time{0};  // of the injected clock, when `total` was true
  // How long `total` has been the same, as far as readings have seen: the
  // counter may have been still for longer before the first of them.
  Seconds age{0};
};

// Joules never decrease: implementations undo counter wrap-around.
// Errors, each with its reason, never a wrong number:
//   UNAVAILABLE: the counter cannot be read now (gone, or its driver fails);
//   PERMISSION_DENIED: this user may not read it; the message says what helps.
//   After both the next good reading covers the time between, too.
//   DATA_LOSS: what was drawn since the last good reading will never be known
//   (reset, several wraps possible, the host slept). Later readings count from
//   this one: they must not be compared with those before it.
// Not thread-safe: one sampling thread owns a meter.
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  virtual const MeterInfo& info() const = 0;
  virtual absl::StatusOr<EnergySample> Read() = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_ENERGY_METER_H_
