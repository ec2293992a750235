// Clock and power limit of an NVIDIA GPU. NVML lets only root set them, and
// they outlive the process that did.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_NVML_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_HOST_NVML_ACTUATOR_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/host/nvml_library.h"

namespace mj {

// What a GPU had before it was controlled. Locked clocks cannot be read from
// NVML, so there is nothing to keep of them: restoring removes every lock.
struct SavedGpu {
  std::string uuid;
  unsigned power_limit_milliwatts = 0;  // 0: unknown, not restored

  bool operator==(const SavedGpu&) const = default;
};

// Removes locks and resets the limit. A GPU that is gone needs nothing.
absl::Status RestoreGpu(const NvmlLibrary& nvml, const SavedGpu& saved);

// Locks the SM clock to one level ("nvml:0:clock"); effective after 1 to
// 500 ms (Velicka et al. 2025). NVML reads no lock back: Set() returns the
// level that the driver accepted, and Read().actual is the clock itself, which
// heat or power may hold lower. Errors: the device tells no clocks.
absl::StatusOr<std::unique_ptr<FrequencyActuator>> MakeNvmlClock(
    const NvmlLibrary& nvml, const NvmlGpu& gpu);

// Sets the board's power limit ("nvml:0:power"), never above the one found.
// Errors: the device tells none, or leaves no choice.
absl::StatusOr<std::unique_ptr<PowerCapActuator>> MakeNvmlPowerCap(
    const NvmlLibrary& nvml, const NvmlGpu& gpu);

// What RestoreGpu() needs.
SavedGpu SaveGpu(const NvmlLibrary& nvml, const NvmlGpu& gpu);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_NVML_ACTUATOR_H_
