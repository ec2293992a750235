#include "hw_backends/host/nvml_meter.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr Joules kMillijoule(1e-3);
constexpr Watts kMilliwatt(1e-3);
constexpr Watts kMostPower(1000);  // of a board that tells no limit

Watts MostPower(const NvmlLibrary& nvml, const NvmlGpu& gpu) {
  unsigned low = 0, high = 0;
  const int error = nvml.call().power_range(gpu.device, &low, &high);
  return error == 0 && high > 0 ? high * kMilliwatt : kMostPower;
}

FoundMeter FoundOn(const NvmlLibrary& nvml, const NvmlGpu& gpu,
                   const Clock& clock) {
  auto meter = std::make_unique<NvmlMeter>(nvml, gpu, clock);
  FoundMeter found{.interface = kNvmlInterface,
                   .domain = meter->info().domain,
                   .source = meter->info().source,
                   .kind = MeterKind::kGpu,
                   .max_power = MostPower(nvml, gpu)};
  const absl::Status read = meter->Read().status();
  if (read.ok()) {
    found.meter = std::move(meter);
  } else {
    found.why = std::string(read.message());
    found.remedy = "a GPU of Volta or later with a working driver";
  }
  return found;
}

// Virtual machines have NVML too, where a GPU is passed on to them.
FoundMeter NoneFound(const absl::Status& why) {
  return {.interface = kNvmlInterface,
          .why = std::string(why.message()),
          .remedy = absl::StrCat("an NVIDIA GPU and its driver, which brings ",
                                 kNvmlFile)};
}

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

std::vector<FoundMeter> FindNvmlMeters(
    const absl::StatusOr<std::unique_ptr<NvmlLibrary>>& nvml,
    const Clock& clock) {
  std::vector<FoundMeter> found;
  const absl::StatusOr<std::vector<NvmlGpu>> gpus =
      nvml.ok() ? ListGpus(**nvml) : nvml.status();
  if (!gpus.ok()) {
    found.push_back(NoneFound(gpus.status()));
    return found;
  }
  for (const NvmlGpu& gpu : *gpus) {
    found.push_back(FoundOn(**nvml, gpu, clock));
  }
  if (found.empty()) {
    found.push_back(NoneFound(absl::NotFoundError("no GPU is there")));
  }
  return found;
}

}  // namespace mj
