// The part of a CPU that a server runs on, as a platform with clocks: what a
// governor prices steps on.
//
// Rates, energies and powers are those of the CPU's descriptor, scaled as
// StepCostModel does, so that full clock costs what the energy account says.
// How they follow the clock (voltage, fabric, switching) is its kin's, the
// platform file that is most like it: assumed, and corrected by what steps
// really take.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_CPU_PLATFORM_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_CPU_PLATFORM_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/models/cpu_descriptor.h"
#include "hw_backends/models/platform_descriptor.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

// The platform file of that name, else the one of the same vendor.
absl::StatusOr<PlatformDescriptor> KinOf(const CpuDescriptor& cpu,
                                         std::string_view vendor);

// REQUIRES: numerics as CostOf's.
PlatformDescriptor CpuPlatform(PlatformDescriptor kin, const CpuDescriptor& cpu,
                               const CpuShare& share,
                               std::string_view numerics);

// The clocks to choose from: the actuator's levels, or its range in steps of
// 100 MHz or more, at most 32 of them. Where the driver says which clock is
// the most efficient, the voltage is flat up to there.
void TakeClocks(const ActuatorInfo<Hertz>& actuator,
                PlatformDescriptor& platform);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_CPU_PLATFORM_H_
