// The long-term power limit of the CPU packages (RAPL's PL1, through the
// kernel's powercap class).
#ifndef MILLIJOULE_HW_BACKENDS_HOST_POWERCAP_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_HOST_POWERCAP_ACTUATOR_H_

#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/host/sysfs_actuator.h"
#include "hw_backends/host/sysfs_files.h"

namespace mj {

struct PowercapPlan {
  ActuatorInfo<Watts> info;
  SysfsPlan plan;
};

// One cap for all packages, divided equally. The zones intel-rapl:N that are
// packages count; intel-rapl-mmio is a second door to the same ones. The range
// of a zone ends at the limit it has now (and its constraint's maximum, where
// told) and begins at the constraint's minimum, else at a quarter of that end:
// an assumption, as packages do not hold a cap below their idle power.
// NOT_FOUND: no such zone, and why.
absl::StatusOr<PowercapPlan> PlanPowercap(const SysfsFiles& files);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_POWERCAP_ACTUATOR_H_
