#include "hw_backends/host/intel_pstate_actuator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr const char* kFolder = "sys/devices/system/cpu/intel_pstate/";

std::string File(const char* name) { return absl::StrCat(kFolder, name); }

struct Percentages {
  int64_t low = 0, high = 0;
};

// Absent where they are not there, or mean something else on each core: each
// counts in hundredths of its own highest turbo clock.
std::optional<Percentages> CommonPercentages(
    const SysfsFiles& files, const std::vector<CpuPolicy>& policies) {
  const absl::StatusOr<int64_t> low = ReadInteger(files, File("min_perf_pct"));
  const absl::StatusOr<int64_t> high = ReadInteger(files, File("max_perf_pct"));
  const absl::StatusOr<int64_t> no_turbo = ReadInteger(files, File("no_turbo"));
  if (!low.ok() || !high.ok() || !no_turbo.ok() || *no_turbo != 0) {
    return std::nullopt;
  }
  for (const CpuPolicy& policy : policies) {
    if (policy.hardware_high != policies[0].hardware_high) return std::nullopt;
  }
  return Percentages{*low, *high};
}

// Narrows `info` to what the percentages allow already.
absl::StatusOr<SysfsKnob> PercentKnob(const Percentages& found,
                                      const CpuPolicy& policy,
                                      ActuatorInfo<Hertz>& info) {
  const double unit =
      static_cast<double>(policy.hardware_high) * kKilohertz / 100;
  info.low = std::max(info.low, Hertz(static_cast<double>(found.low) * unit));
  info.high =
      std::min(info.high, Hertz(static_cast<double>(found.high) * unit));
  if (info.low >= info.high) {
    return absl::FailedPreconditionError(
        absl::StrCat("/", kFolder, " pins the clock: min_perf_pct is ",
                     found.low, ", max_perf_pct ", found.high));
  }
  return SysfsKnob{.floor = File("min_perf_pct"),
                   .ceiling = File("max_perf_pct"),
                   .unit = unit,
                   .low = info.low.value(),
                   .high = info.high.value()};
}

}  // namespace

absl::StatusOr<CpuFrequencyPlan> PlanIntelPstate(
    const SysfsFiles& files, const std::vector<CpuPolicy>& policies) {
  const FileText active{File("status"), "active"};
  const absl::StatusOr<std::string> status = files.Read(active.path);
  if (!status.ok()) return status.status();
  if (*status != active.text) {
    return absl::FailedPreconditionError(absl::StrCat(
        "/", active.path, " is \"", *status, "\", not \"active\""));
  }
  const std::optional<Percentages> percent = CommonPercentages(files, policies);
  absl::StatusOr<ActuatorInfo<Hertz>> info =
      CpuFrequencyInfo(policies, "intel_pstate",
                       percent ? "intel_pstate active, max_perf_pct"
                               : "intel_pstate active, scaling limits");
  if (!info.ok()) return info.status();
  CpuFrequencyPlan plan{.info = *std::move(info)};
  if (percent) {
    absl::StatusOr<SysfsKnob> knob =
        PercentKnob(*percent, policies[0], plan.info);
    if (!knob.ok()) return knob.status();
    plan.plan.knobs.push_back(*std::move(knob));
  } else {
    for (const CpuPolicy& policy : policies) {
      plan.plan.knobs.push_back(PolicyLimits(policy));
    }
  }
  for (SysfsKnob& knob : plan.plan.knobs) knob.guards.push_back(active);
  AddActualFrequency(policies, plan.plan);
  return plan;
}

}  // namespace mj
