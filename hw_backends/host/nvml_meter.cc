#include "hw_backends/host/nvml_meter.h"

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr Joules kMillijoule(1e-3);

}  // namespace

NvmlMeter::NvmlMeter(const NvmlLibrary& nvml, const NvmlGpu& gpu,
                     const Clock& clock)
    : nvml_(nvml),
      gpu_(gpu),
      clock_(clock),
      info_{.domain = absl::StrCat("gpu", gpu.index),
            .method = EnergyMethod::kMeasured,
            .resolution = kMillijoule,
            .source = "nvmlDeviceGetTotalEnergyConsumption",
            .calibration = absl::StrCat("nvml:", gpu.uuid)} {}

absl::StatusOr<EnergySample> NvmlMeter::Read() {
  unsigned long long now = 0;
  const Seconds time = clock_.Now();
  const absl::Status read =
      nvml_.Check(nvml_.call().total_energy(gpu_.device, &now),
                  absl::StrCat("energy of GPU ", gpu_.index));
  if (!read.ok()) return read;
  const unsigned long long before = last_.value_or(now);
  last_ = now;
  if (now < before) {
    return absl::DataLossError(absl::StrCat(
        "energy of GPU ", gpu_.index, ": the counter went back from ", before,
        " to ", now, " mJ, as when its driver is reloaded"));
  }
  total_ += static_cast<double>(now - before) * kMillijoule;
  return EnergySample{total_, time};
}

}  // namespace mj
