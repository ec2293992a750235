// What can be controlled on this host, what cannot, and what would make it so.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_FIND_ACTUATORS_H_
#define MILLIJOULE_HW_BACKENDS_HOST_FIND_ACTUATORS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/host/nvml_library.h"
#include "hw_backends/host/saved_state.h"
#include "hw_backends/host/sysfs_files.h"

namespace mj {

struct FoundActuators {
  std::vector<std::unique_ptr<FrequencyActuator>> frequencies;
  std::vector<std::unique_ptr<PowerCapActuator>> power_caps;
  SavedState original;  // of all that they may change
  // cpu_frequency_control, power_cap_control, gpu_control
  std::vector<HostFact> facts;

  bool empty() const { return frequencies.empty() && power_caps.empty(); }
};

// Writes nothing. All policies of the CPU are one actuator, so are its
// packages; each GPU has its own. `files` outlives what is found, `nvml` too
// where it is there. `is_root` decides whether NVML would obey.
FoundActuators FindActuators(
    SysfsFiles& files, const absl::StatusOr<std::unique_ptr<NvmlLibrary>>& nvml,
    bool is_root);

// The facts alone, for a host at `root` as this process may act on it.
std::vector<HostFact> ReadActuatorFacts(
    const std::string& root,
    const absl::StatusOr<std::unique_ptr<NvmlLibrary>>& nvml);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_FIND_ACTUATORS_H_
