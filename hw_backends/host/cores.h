// How many cores this process may use.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_CORES_H_
#define MILLIJOULE_HW_BACKENDS_HOST_CORES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace mj {

struct CoreAllowance {
  int affinity = 1;             // cores the scheduler may put it on
  std::optional<double> quota;  // CPU seconds a second of its control groups
  int cores = 1;                // the least of both, at least 1
  bool whole_host = false;      // no core that is online is anyone else's
  std::string reason;           // "2 by affinity, no cgroup quota"
};

// The tightest quota of the process' control groups: v2 (cpu.max) or v1
// (cpu.cfs_quota_us). `root` holds proc/ and sys/.
std::optional<double> CgroupCpuQuota(const std::string& root);

// A quota of 1.5 cores counts as 2: one thread may then wait, never both.
CoreAllowance CombineCores(int affinity, std::optional<double> quota);

// Affinity is the calling thread's: `taskset -p PID` sets the main thread's.
CoreAllowance AllowedCores(const std::string& root = "/");

// "2 cores (2 by affinity, no cgroup quota)"
std::string DescribeCores(const CoreAllowance& cores);

// `wanted`, or one a core. INVALID_ARGUMENT: under 1, or more than the cores:
// whoever asks for what cannot be had is told how much can.
absl::StatusOr<int> ChooseThreads(std::optional<int> wanted,
                                  const CoreAllowance& cores);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_CORES_H_
