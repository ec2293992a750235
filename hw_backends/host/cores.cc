#include "hw_backends/host/cores.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

std::optional<double> ReadV2(const fs::path& folder) {
  std::ifstream file(folder / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) {
    return std::nullopt;
  }
  std::istringstream number(quota);
  double microseconds = 0;
  if (!(number >> microseconds)) return std::nullopt;
  return microseconds / period;
}

std::optional<double> ReadV1(const fs::path& folder) {
  std::ifstream quota_file(folder / "cpu.cfs_quota_us");
  std::ifstream period_file(folder / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_file >> quota) || !(period_file >> period)) return std::nullopt;
  if (quota <= 0 || period <= 0) return std::nullopt;  // -1: no limit
  return quota / period;
}

std::optional<double> Tighter(std::optional<double> a,
                              std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// The limits of a group and of all groups above it.
std::optional<double> Tightest(const fs::path& mount, fs::path group,
                               std::optional<double> (*read)(const fs::path&)) {
  std::optional<double> least = read(mount);
  group = group.relative_path();
  while (!group.empty() && group != group.parent_path()) {
    least = Tighter(least, read(mount / group));
    group = group.parent_path();
  }
  return least;
}

}  // namespace

std::optional<double> CgroupCpuQuota(const std::string& root) {
  const fs::path mount = fs::path(root) / "sys/fs/cgroup";
  std::ifstream groups(fs::path(root) / "proc/self/cgroup");
  std::optional<double> least;
  // Lines "0::/group" (v2) and "4:cpu,cpuacct:/group" (v1).
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty())
      least = Tighter(least, Tightest(mount, group, ReadV2));
    if (controllers.find("cpu") == std::string::npos) continue;
    for (const char* name : {"cpu", "cpu,cpuacct"}) {
      least = Tighter(least, Tightest(mount / name, group, ReadV1));
    }
  }
  return least;
}

CoreAllowance CombineCores(int affinity, std::optional<double> quota) {
  CoreAllowance allowance;
  allowance.affinity = affinity;
  allowance.quota = quota;
  allowance.cores = affinity;
  if (quota) {
    const double whole = std::ceil(*quota - 1e-6);
    allowance.cores = std::max(1, std::min(affinity, static_cast<int>(whole)));
  }
  allowance.reason = absl::StrCat(
      affinity, " by affinity, ",
      quota ? absl::StrCat("a cgroup quota of ", *quota) : "no cgroup quota");
  return allowance;
}

CoreAllowance AllowedCores(const std::string& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = sched_getaffinity(0, sizeof(set), &set) == 0;
  CoreAllowance allowance = CombineCores(
      known ? std::max(1, CPU_COUNT(&set)) : 1, CgroupCpuQuota(root));
  allowance.whole_host = allowance.cores >= sysconf(_SC_NPROCESSORS_ONLN);
  return allowance;
}

std::string DescribeCores(const CoreAllowance& cores) {
  return absl::StrCat(cores.cores, cores.cores == 1 ? " core (" : " cores (",
                      cores.reason, ")");
}

absl::StatusOr<int> ChooseThreads(std::optional<int> wanted,
                                  const CoreAllowance& cores) {
  if (!wanted) return cores.cores;
  if (*wanted >= 1 && *wanted <= cores.cores) return *wanted;
  return absl::InvalidArgumentError(
      absl::StrCat("--threads: ", *wanted, " is not from 1 to ", cores.cores,
                   ": this process may use ", DescribeCores(cores)));
}

}  // namespace mj
