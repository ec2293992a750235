// The energy counter of an NVIDIA GPU (Volta or later), whole board: NVML
// splits it neither by MIG instance nor by process.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_NVML_METER_H_
#define MILLIJOULE_HW_BACKENDS_HOST_NVML_METER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/clock.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/host/found_meter.h"
#include "hw_backends/host/nvml_library.h"

namespace mj {

// Counts millijoules, about every 100 ms, with the board's gain error (5 %).
// Read() errors, beside the seam's: DATA_LOSS, once, when the counter went
// back, as it does when the driver is reloaded: what was drawn since the
// reading before is unknown; the total then goes on from there.
class NvmlMeter final : public EnergyMeter {
 public:
  // `nvml` and `clock` outlive the meter.
  NvmlMeter(const NvmlLibrary& nvml, const NvmlGpu& gpu, const Clock& clock);

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override;

 private:
  const NvmlLibrary& nvml_;
  const NvmlGpu gpu_;
  const Clock& clock_;
  const MeterInfo info_;
  std::optional<unsigned long long> last_;  // mJ
  Joules total_{0};
};

// The counters of all GPUs, readable or not; or why there is none. What is
// found is kNvmlInterface and kGpu. `nvml` and `clock` outlive the meters.
std::vector<FoundMeter> FindNvmlMeters(
    const absl::StatusOr<std::unique_ptr<NvmlLibrary>>& nvml,
    const Clock& clock);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_NVML_METER_H_
