#include "hw_backends/host/nvml_actuator.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr int kSmClock = 1;  // NVML_CLOCK_SM
constexpr double kMegahertz = 1e6;
constexpr double kMilliwatt = 1e-3;

// Ascending, at the highest memory clock: that is where inference runs.
absl::StatusOr<std::vector<Hertz>> SupportedClocks(const NvmlLibrary& nvml,
                                                   const NvmlGpu& gpu) {
  const std::string what = absl::StrCat("clocks of GPU ", gpu.index);
  std::vector<unsigned> memory(64), graphics(1024);  // real ones: 4 and 200
  unsigned count = static_cast<unsigned>(memory.size());
  absl::Status ok = nvml.Check(
      nvml.call().memory_clocks(gpu.device, &count, memory.data()), what);
  if (!ok.ok()) return ok;
  memory.resize(count);
  if (memory.empty()) return absl::UnavailableError(what + ": none is told");
  count = static_cast<unsigned>(graphics.size());
  ok = nvml.Check(
      nvml.call().graphics_clocks(
          gpu.device, *std::max_element(memory.begin(), memory.end()), &count,
          graphics.data()),
      what);
  if (!ok.ok()) return ok;
  graphics.resize(count);
  std::sort(graphics.begin(), graphics.end());
  std::vector<Hertz> levels;
  for (unsigned megahertz : graphics)
    levels.emplace_back(megahertz * kMegahertz);
  if (levels.empty()) return absl::UnavailableError(what + ": none is told");
  return levels;
}

class NvmlClock final : public FrequencyActuator {
 public:
  NvmlClock(const NvmlLibrary& nvml, const NvmlGpu& gpu,
            ActuatorInfo<Hertz> info)
      : nvml_(nvml), gpu_(gpu), info_(std::move(info)) {}

  const ActuatorInfo<Hertz>& info() const override { return info_; }

  absl::StatusOr<ActuatorReading<Hertz>> Read() override {
    unsigned megahertz = 0;
    const absl::Status read = nvml_.Check(
        nvml_.call().clock(gpu_.device, kSmClock, &megahertz), info_.name);
    if (!read.ok()) return read;
    return ActuatorReading<Hertz>{locked_.value_or(info_.high),
                                  Hertz(megahertz * kMegahertz)};
  }

  absl::StatusOr<Hertz> Set(Hertz value) override {
    if (absl::Status in = CheckRange(info_, value); !in.ok()) return in;
    const Hertz level = LevelFor(info_, value);
    if (locked_ == level) return level;
    touched_ = true;
    const auto megahertz =
        static_cast<unsigned>(std::lround(level.value() / kMegahertz));
    const absl::Status set =
        nvml_.Check(nvml_.call().lock_clocks(gpu_.device, megahertz, megahertz),
                    absl::StrCat(info_.name, ": locking ", megahertz, " MHz"));
    if (!set.ok()) return set;
    locked_ = level;
    return level;
  }

  absl::Status Restore() override {
    if (!touched_) return absl::OkStatus();
    absl::Status reset =
        nvml_.Check(nvml_.call().reset_clocks(gpu_.device),
                    absl::StrCat(info_.name, ": removing the lock"));
    if (!reset.ok()) return reset;
    locked_.reset();
    touched_ = false;
    return reset;
  }

 private:
  const NvmlLibrary& nvml_;
  const NvmlGpu gpu_;
  const ActuatorInfo<Hertz> info_;
  std::optional<Hertz> locked_;
  bool touched_ = false;
};

class NvmlPowerCap final : public PowerCapActuator {
 public:
  NvmlPowerCap(const NvmlLibrary& nvml, const NvmlGpu& gpu,
               ActuatorInfo<Watts> info, unsigned found)
      : nvml_(nvml), gpu_(gpu), info_(std::move(info)), found_(found) {}

  const ActuatorInfo<Watts>& info() const override { return info_; }

  absl::StatusOr<ActuatorReading<Watts>> Read() override {
    const absl::StatusOr<unsigned> now = Limit();
    if (!now.ok()) return now.status();
    return ActuatorReading<Watts>{Watts(*now * kMilliwatt)};
  }

  absl::StatusOr<Watts> Set(Watts value) override {
    if (absl::Status in = CheckRange(info_, value); !in.ok()) return in;
    absl::Status set =
        Write(static_cast<unsigned>(std::lround(value.value() / kMilliwatt)));
    if (!set.ok()) return set;
    const absl::StatusOr<unsigned> now = Limit();
    if (!now.ok()) return now.status();
    return Watts(*now * kMilliwatt);
  }

  absl::Status Restore() override {
    if (!touched_) return absl::OkStatus();
    absl::Status restored = Write(found_);
    touched_ = !restored.ok();
    return restored;
  }

 private:
  absl::StatusOr<unsigned> Limit() const {
    unsigned milliwatts = 0;
    const absl::Status read = nvml_.Check(
        nvml_.call().power_limit(gpu_.device, &milliwatts), info_.name);
    if (!read.ok()) return read;
    return milliwatts;
  }

  absl::Status Write(unsigned milliwatts) {
    const absl::StatusOr<unsigned> now = Limit();
    if (!now.ok()) return now.status();
    if (*now == milliwatts) return absl::OkStatus();
    touched_ = true;
    return nvml_.Check(
        nvml_.call().set_power_limit(gpu_.device, milliwatts),
        absl::StrCat(info_.name, ": setting ", milliwatts, " mW"));
  }

  const NvmlLibrary& nvml_;
  const NvmlGpu gpu_;
  const ActuatorInfo<Watts> info_;
  const unsigned found_;  // milliwatts
  bool touched_ = false;
};

}  // namespace

SavedGpu SaveGpu(const NvmlLibrary& nvml, const NvmlGpu& gpu) {
  SavedGpu saved{.uuid = gpu.uuid};
  unsigned milliwatts = 0;
  if (nvml.call().power_limit(gpu.device, &milliwatts) == 0) {
    saved.power_limit_milliwatts = milliwatts;
  }
  return saved;
}

absl::Status RestoreGpu(const NvmlLibrary& nvml, const SavedGpu& saved) {
  const std::string what = absl::StrCat("restoring GPU ", saved.uuid);
  NvmlDevice device = nullptr;
  absl::Status ok =
      nvml.Check(nvml.call().device_by_uuid(saved.uuid.c_str(), &device), what);
  if (absl::IsNotFound(ok)) return absl::OkStatus();
  if (!ok.ok()) return ok;
  ok = nvml.Check(nvml.call().reset_clocks(device), what);
  if (absl::IsUnimplemented(ok)) ok = absl::OkStatus();  // it had no lock
  unsigned now = 0;
  if (saved.power_limit_milliwatts == 0 ||
      (nvml.call().power_limit(device, &now) == 0 &&
       now == saved.power_limit_milliwatts)) {
    return ok;
  }
  ok.Update(nvml.Check(
      nvml.call().set_power_limit(device, saved.power_limit_milliwatts), what));
  return ok;
}

absl::StatusOr<std::unique_ptr<FrequencyActuator>> MakeNvmlClock(
    const NvmlLibrary& nvml, const NvmlGpu& gpu) {
  absl::StatusOr<std::vector<Hertz>> levels = SupportedClocks(nvml, gpu);
  if (!levels.ok()) return levels.status();
  ActuatorInfo<Hertz> info{.name = absl::StrCat("nvml:", gpu.index, ":clock"),
                           .domain = absl::StrCat("gpu", gpu.index),
                           .source = absl::StrCat(gpu.name, ", locked clocks"),
                           .low = levels->front(),
                           .high = levels->back()};
  info.levels = *std::move(levels);
  return std::make_unique<NvmlClock>(nvml, gpu, std::move(info));
}

absl::StatusOr<std::unique_ptr<PowerCapActuator>> MakeNvmlPowerCap(
    const NvmlLibrary& nvml, const NvmlGpu& gpu) {
  const std::string what = absl::StrCat("power limit of GPU ", gpu.index);
  unsigned low = 0, high = 0, found = 0;
  absl::Status ok =
      nvml.Check(nvml.call().power_range(gpu.device, &low, &high), what);
  if (ok.ok())
    ok = nvml.Check(nvml.call().power_limit(gpu.device, &found), what);
  if (!ok.ok()) return ok;
  high = std::min(high, found);
  if (low >= high) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": its range of ", low, " to ", high,
                     " mW leaves nothing to choose"));
  }
  ActuatorInfo<Watts> info{
      .name = absl::StrCat("nvml:", gpu.index, ":power"),
      .domain = absl::StrCat("gpu", gpu.index),
      .source = absl::StrCat(gpu.name, ", power management limit"),
      .low = Watts(low * kMilliwatt),
      .high = Watts(high * kMilliwatt)};
  return std::make_unique<NvmlPowerCap>(nvml, gpu, std::move(info), found);
}

}  // namespace mj
