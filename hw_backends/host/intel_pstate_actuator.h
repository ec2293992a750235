// The clock of Intel CPUs under intel_pstate in its active mode: the driver is
// its own governor and knows no `userspace`; what remains are limits.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_INTEL_PSTATE_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_HOST_INTEL_PSTATE_ACTUATOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/host/cpu_policies.h"

namespace mj {

// min_perf_pct = max_perf_pct, two writes for all cores, in steps of a
// hundredth of the highest turbo clock; or, where these mean something else on
// each core (unequal cores, turbo off) or are absent (per-CPU limits), each
// policy's scaling_min_freq = scaling_max_freq. Errors: as
// CpuFrequencyInfo(); FAILED_PRECONDITION when the mode is not "active".
absl::StatusOr<CpuFrequencyPlan> PlanIntelPstate(
    const SysfsFiles& files, const std::vector<CpuPolicy>& policies);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_INTEL_PSTATE_ACTUATOR_H_
