#include "hw_backends/host/amd_pstate_actuator.h"

#include <utility>

namespace mj {

absl::StatusOr<CpuFrequencyPlan> PlanAmdPstate(
    const std::vector<CpuPolicy>& policies) {
  absl::StatusOr<ActuatorInfo<Hertz>> info =
      CpuFrequencyInfo(policies, "amd_pstate",
                       "amd-pstate active, scaling limits and preference");
  if (!info.ok()) return info.status();
  CpuFrequencyPlan plan{.info = *std::move(info)};
  for (const CpuPolicy& policy : policies) {
    SysfsKnob knob = PolicyLimits(policy);
    if (policy.energy_performance_preference &&
        policy.governor != "performance") {
      knob.prepare = {
          {policy.File("energy_performance_preference"), "performance"}};
    }
    plan.plan.knobs.push_back(std::move(knob));
  }
  AddActualFrequency(policies, plan.plan);
  return plan;
}

}  // namespace mj
