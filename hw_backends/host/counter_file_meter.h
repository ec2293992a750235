// One file of sysfs that counts microjoules: a powercap zone's energy_uj, a
// hwmon chip's energyN_input.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_COUNTER_FILE_METER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_COUNTER_FILE_METER_H_

#include <filesystem>
#include <string>

#include "hw_backends/clock.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/host/energy_counter.h"

namespace mj {

// Measured. The file is opened anew at each reading, so that lost permission
// and a vanished device are seen. Messages name it.
class CounterFileMeter final : public EnergyMeter {
 public:
  // `clock` outlives the meter. info.source becomes the path, info.method
  // "measured", the update period that of the traits.
  CounterFileMeter(MeterInfo info, const CounterTraits& traits,
                   std::filesystem::path path, const Clock& clock);

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override;

 private:
  MeterInfo info_;
  std::filesystem::path path_;
  const Clock& clock_;
  EnergyCounter counter_;
};

// "run as root, or as root: chmod a+r FILE (a udev rule makes it last)".
std::string ReadPermissionRemedy(const std::filesystem::path& path);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_COUNTER_FILE_METER_H_
