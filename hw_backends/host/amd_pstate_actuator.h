// The clock of AMD CPUs under amd-pstate in its active mode ("amd-pstate-epp"):
// the firmware chooses between limits, led by a preference.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_AMD_PSTATE_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_HOST_AMD_PSTATE_ACTUATOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/host/cpu_policies.h"

namespace mj {

// scaling_min_freq = scaling_max_freq, and the energy-performance preference
// "performance": how fast is the limits' to say, and the preference then only
// slows the way up to them. Under the governor `performance` the driver
// refuses other preferences and keeps this one itself, so none is written.
// Errors: as CpuFrequencyInfo().
absl::StatusOr<CpuFrequencyPlan> PlanAmdPstate(
    const std::vector<CpuPolicy>& policies);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_AMD_PSTATE_ACTUATOR_H_
