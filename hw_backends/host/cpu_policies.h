// The CPU frequency policies of this host, as the kernel shows them.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_CPU_POLICIES_H_
#define MILLIJOULE_HW_BACKENDS_HOST_CPU_POLICIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/host/sysfs_actuator.h"
#include "hw_backends/host/sysfs_files.h"

namespace mj {

inline constexpr double kKilohertz = 1e3;  // what cpufreq counts in

// Cores that share a clock. Frequencies in kHz.
struct CpuPolicy {
  std::string folder;  // "sys/devices/system/cpu/cpufreq/policy0"
  std::string driver, governor;
  std::vector<std::string> governors;     // those that could be chosen
  int64_t hardware_high = 0;              // cpuinfo_max_freq
  int64_t low = 0, high = 0;              // scaling limits, as they are
  std::vector<int64_t> levels;            // within the limits, ascending
  std::optional<int64_t> most_efficient;  // amd_pstate_lowest_nonlinear_freq
  std::optional<std::string> energy_performance_preference;

  std::string File(std::string_view name) const;
};

// By number; each with the same driver. NOT_FOUND: there is none, and why.
// INVALID_ARGUMENT, FAILED_PRECONDITION: a file that cannot be understood, or
// drivers that differ.
absl::StatusOr<std::vector<CpuPolicy>> ReadCpuPolicies(const SysfsFiles& files);

// What all policies have in common: the widest of their ranges, the levels of
// all, the highest "most efficient" one. FAILED_PRECONDITION when the limits
// leave nothing to choose.
absl::StatusOr<ActuatorInfo<Hertz>> CpuFrequencyInfo(
    const std::vector<CpuPolicy>& policies, std::string name,
    std::string source);

// One knob: both limits of one policy, guarded by its driver's name.
SysfsKnob PolicyLimits(const CpuPolicy& policy);
// scaling_cur_freq of each.
void AddActualFrequency(const std::vector<CpuPolicy>& policies,
                        SysfsPlan& plan);

// How the clock of this host can be set: what was found, and the plan.
struct CpuFrequencyPlan {
  ActuatorInfo<Hertz> info;
  SysfsPlan plan;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_CPU_POLICIES_H_
