#include "hw_backends/host/cpu_policies.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mj {
namespace {

constexpr const char* kFolder = "sys/devices/system/cpu/cpufreq";
constexpr absl::string_view kPrefix = "policy";

std::vector<int> PolicyNumbers(const SysfsFiles& files) {
  std::vector<int> numbers;
  for (const std::string& name : files.List(kFolder)) {
    int number = 0;
    if (absl::StartsWith(name, kPrefix) &&
        absl::SimpleAtoi(name.substr(kPrefix.size()), &number)) {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<std::string> Words(const SysfsFiles& files,
                               const std::string& path) {
  return absl::StrSplit(files.Read(path).value_or(""), ' ', absl::SkipEmpty());
}

std::vector<int64_t> LevelsWithin(const SysfsFiles& files,
                                  const CpuPolicy& policy) {
  std::vector<int64_t> levels;
  for (const std::string& word :
       Words(files, policy.File("scaling_available_frequencies"))) {
    int64_t level = 0;
    if (absl::SimpleAtoi(word, &level) && level >= policy.low &&
        level <= policy.high) {
      levels.push_back(level);
    }
  }
  std::sort(levels.begin(), levels.end());
  return levels;
}

absl::Status ReadRange(const SysfsFiles& files, CpuPolicy& policy) {
  for (auto [name, field] :
       {std::pair("scaling_min_freq", &policy.low),
        std::pair("scaling_max_freq", &policy.high),
        std::pair("cpuinfo_max_freq", &policy.hardware_high)}) {
    const absl::StatusOr<int64_t> number =
        ReadInteger(files, policy.File(name));
    if (!number.ok()) return number.status();
    *field = *number;
  }
  return absl::OkStatus();
}

absl::StatusOr<CpuPolicy> ReadPolicy(const SysfsFiles& files, int number) {
  CpuPolicy policy;
  policy.folder = absl::StrCat(kFolder, "/", kPrefix, number);
  for (auto [name, field] : {std::pair("scaling_driver", &policy.driver),
                             std::pair("scaling_governor", &policy.governor)}) {
    absl::StatusOr<std::string> text = files.Read(policy.File(name));
    if (!text.ok()) return text.status();
    *field = *std::move(text);
  }
  if (absl::Status read = ReadRange(files, policy); !read.ok()) return read;
  policy.governors = Words(files, policy.File("scaling_available_governors"));
  policy.levels = LevelsWithin(files, policy);
  const absl::StatusOr<int64_t> nonlinear =
      ReadInteger(files, policy.File("amd_pstate_lowest_nonlinear_freq"));
  if (nonlinear.ok()) policy.most_efficient = *nonlinear;
  absl::StatusOr<std::string> preference =
      files.Read(policy.File("energy_performance_preference"));
  if (preference.ok()) {
    policy.energy_performance_preference = *std::move(preference);
  }
  return policy;
}

// In all of them.
std::vector<Hertz> CommonLevels(const std::vector<CpuPolicy>& policies) {
  std::vector<int64_t> common = policies[0].levels;
  for (const CpuPolicy& policy : policies) {
    std::vector<int64_t> both;
    std::set_intersection(common.begin(), common.end(), policy.levels.begin(),
                          policy.levels.end(), std::back_inserter(both));
    common = std::move(both);
  }
  std::vector<Hertz> levels;
  for (int64_t level : common) {
    levels.emplace_back(static_cast<double>(level) * kKilohertz);
  }
  return levels;
}

}  // namespace

std::string CpuPolicy::File(std::string_view name) const {
  return absl::StrCat(folder, "/", absl::string_view(name.data(), name.size()));
}

absl::StatusOr<std::vector<CpuPolicy>> ReadCpuPolicies(
    const SysfsFiles& files) {
  std::vector<CpuPolicy> policies;
  for (int number : PolicyNumbers(files)) {
    absl::StatusOr<CpuPolicy> policy = ReadPolicy(files, number);
    if (!policy.ok()) return policy.status();
    if (!policies.empty() && policies[0].driver != policy->driver) {
      return absl::FailedPreconditionError(absl::StrCat(
          "policies differ: ", policies[0].folder, " is driven by ",
          policies[0].driver, ", ", policy->folder, " by ", policy->driver));
    }
    policies.push_back(*std::move(policy));
  }
  if (policies.empty()) {
    return absl::NotFoundError(
        absl::StrCat("/", kFolder,
                     " has no policy: the hypervisor owns the clock, or the "
                     "kernel has no cpufreq driver for this CPU"));
  }
  return policies;
}

absl::StatusOr<ActuatorInfo<Hertz>> CpuFrequencyInfo(
    const std::vector<CpuPolicy>& policies, std::string name,
    std::string source) {
  int64_t low = policies[0].low, high = policies[0].high, efficient = 0;
  for (const CpuPolicy& policy : policies) {
    low = std::min(low, policy.low);
    high = std::max(high, policy.high);
    efficient = std::max(efficient, policy.most_efficient.value_or(0));
  }
  if (low >= high) {
    return absl::FailedPreconditionError(absl::StrCat(
        "scaling_min_freq and scaling_max_freq pin the clock at ", high,
        " kHz: widen them, and there is something to choose"));
  }
  ActuatorInfo<Hertz> info{
      .name = std::move(name),
      .domain = "cpu",
      .source = std::move(source),
      .low = Hertz(static_cast<double>(low) * kKilohertz),
      .high = Hertz(static_cast<double>(high) * kKilohertz),
      .levels = CommonLevels(policies)};
  if (efficient > low && efficient < high) {
    info.most_efficient = Hertz(static_cast<double>(efficient) * kKilohertz);
  }
  return info;
}

SysfsKnob PolicyLimits(const CpuPolicy& policy) {
  return {.guards = {{policy.File("scaling_driver"), policy.driver}},
          .floor = policy.File("scaling_min_freq"),
          .ceiling = policy.File("scaling_max_freq"),
          .unit = kKilohertz,
          .low = static_cast<double>(policy.low) * kKilohertz,
          .high = static_cast<double>(policy.high) * kKilohertz};
}

void AddActualFrequency(const std::vector<CpuPolicy>& policies,
                        SysfsPlan& plan) {
  for (const CpuPolicy& policy : policies) {
    plan.actual.push_back(policy.File("scaling_cur_freq"));
  }
  plan.actual_unit = kKilohertz;
}

}  // namespace mj
