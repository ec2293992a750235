// The clock of CPUs under a cpufreq driver that leaves the choice to a kernel
// governor: acpi-cpufreq, intel_cpufreq, amd-pstate (passive or guided),
// cppc_cpufreq.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_CPUFREQ_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_HOST_CPUFREQ_ACTUATOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/host/cpu_policies.h"

namespace mj {

// The governor `userspace` with scaling_setspeed where every policy offers it;
// else scaling_min_freq = scaling_max_freq. Errors: as CpuFrequencyInfo().
absl::StatusOr<CpuFrequencyPlan> PlanCpufreq(
    const std::vector<CpuPolicy>& policies);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_CPUFREQ_ACTUATOR_H_
