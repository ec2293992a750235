#include "hw_backends/host/cpufreq_actuator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

bool OffersUserspace(const CpuPolicy& policy) {
  return std::find(policy.governors.begin(), policy.governors.end(),
                   "userspace") != policy.governors.end();
}

SysfsKnob SetSpeed(const CpuPolicy& policy) {
  SysfsKnob knob = PolicyLimits(policy);
  knob.prepare = {{policy.File("scaling_governor"), "userspace"}};
  knob.floor.clear();
  knob.ceiling = policy.File("scaling_setspeed");
  return knob;
}

}  // namespace

absl::StatusOr<CpuFrequencyPlan> PlanCpufreq(
    const std::vector<CpuPolicy>& policies) {
  const bool userspace =
      std::all_of(policies.begin(), policies.end(), OffersUserspace);
  absl::StatusOr<ActuatorInfo<Hertz>> info = CpuFrequencyInfo(
      policies, "cpufreq",
      absl::StrCat(policies[0].driver, ", ",
                   userspace ? "governor userspace" : "scaling limits"));
  if (!info.ok()) return info.status();
  CpuFrequencyPlan plan{.info = *std::move(info)};
  for (const CpuPolicy& policy : policies) {
    plan.plan.knobs.push_back(userspace ? SetSpeed(policy)
                                        : PolicyLimits(policy));
  }
  AddActualFrequency(policies, plan.plan);
  return plan;
}

}  // namespace mj
