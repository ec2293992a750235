#include "hw_backends/host/find_actuators.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/host/amd_pstate_actuator.h"
#include "hw_backends/host/cpu_policies.h"
#include "hw_backends/host/cpufreq_actuator.h"
#include "hw_backends/host/intel_pstate_actuator.h"
#include "hw_backends/host/powercap_actuator.h"
#include "hw_backends/host/sysfs_actuator.h"

namespace mj {
namespace {

absl::StatusOr<CpuFrequencyPlan> PlanCpuFrequency(const SysfsFiles& files) {
  const absl::StatusOr<std::vector<CpuPolicy>> policies =
      ReadCpuPolicies(files);
  if (!policies.ok()) return policies.status();
  const std::string& driver = policies->front().driver;
  if (driver == "intel_pstate") return PlanIntelPstate(files, *policies);
  if (driver == "amd-pstate-epp") return PlanAmdPstate(*policies);
  return PlanCpufreq(*policies);
}

// What would make it so, where that is known.
std::string Advice(const absl::Status& status) {
  if (absl::IsPermissionDenied(status)) {
    return "; millijoule-actuator may, when root starts it";
  }
  if (absl::StrContains(status.message(), "read-only")) {
    return "; a container needs it mounted read-write (--privileged)";
  }
  return "";
}

HostFact CannotControl(std::string name, const absl::Status& status) {
  return {std::move(name), false,
          absl::StrCat(std::string(status.message()), Advice(status))};
}

template <class Q>
HostFact Control(std::string name, const ActuatorInfo<Q>& info) {
  return {std::move(name), true,
          absl::StrCat(info.source, ", ", QuantityText(info.low), " to ",
                       QuantityText(info.high))};
}

absl::Status CheckWritable(const SysfsFiles& files, const SysfsPlan& plan) {
  for (const std::string& path : WrittenFiles(plan)) {
    if (absl::Status may = files.CheckWritable(path); !may.ok()) return may;
  }
  return absl::OkStatus();
}

// An actuator from a plan, or why not; adds to what must be saved.
template <class Q, class Plan>
absl::StatusOr<std::unique_ptr<Actuator<Q>>> Make(SysfsFiles& files,
                                                  absl::StatusOr<Plan> plan,
                                                  SavedState& original) {
  if (!plan.ok()) return plan.status();
  if (absl::Status may = CheckWritable(files, plan->plan); !may.ok()) {
    return may;
  }
  absl::StatusOr<std::vector<FileText>> texts =
      ReadOriginals(files, plan->plan);
  if (!texts.ok()) return texts.status();
  original.files.insert(original.files.end(), texts->begin(), texts->end());
  return std::make_unique<SysfsActuator<Q>>(
      files, std::move(plan->info), std::move(plan->plan), *std::move(texts));
}

template <class Q>
void Add(absl::StatusOr<std::unique_ptr<Actuator<Q>>> made, std::string name,
         std::vector<std::unique_ptr<Actuator<Q>>>& actuators,
         std::vector<HostFact>& facts) {
  if (!made.ok()) {
    facts.push_back(CannotControl(std::move(name), made.status()));
    return;
  }
  facts.push_back(Control(std::move(name), (*made)->info()));
  actuators.push_back(*std::move(made));
}

// What one GPU offers, for its fact; empty: nothing.
std::string AddGpu(const NvmlLibrary& nvml, const NvmlGpu& gpu,
                   FoundActuators& found) {
  std::vector<std::string> offers;
  auto clock = MakeNvmlClock(nvml, gpu);
  if (clock.ok()) {
    offers.push_back(Control("", (*clock)->info()).detail);
    found.frequencies.push_back(*std::move(clock));
  }
  auto cap = MakeNvmlPowerCap(nvml, gpu);
  if (cap.ok()) {
    offers.push_back(Control("", (*cap)->info()).detail);
    found.power_caps.push_back(*std::move(cap));
  }
  if (!offers.empty()) found.original.gpus.push_back(SaveGpu(nvml, gpu));
  return absl::StrJoin(offers, ", ");
}

HostFact AddGpus(const NvmlLibrary& nvml, bool is_root, FoundActuators& found) {
  const std::string name = "gpu_control";
  const absl::StatusOr<std::vector<NvmlGpu>> gpus = ListGpus(nvml);
  if (!gpus.ok()) return CannotControl(name, gpus.status());
  if (!is_root) {
    return CannotControl(
        name, absl::PermissionDeniedError(absl::StrCat(
                  "NVML lets only root control its ", gpus->size(), " GPUs")));
  }
  std::vector<std::string> offers;
  for (const NvmlGpu& gpu : *gpus) {
    std::string offer = AddGpu(nvml, gpu, found);
    if (!offer.empty()) offers.push_back(std::move(offer));
  }
  if (!offers.empty()) return {name, true, absl::StrJoin(offers, "; ")};
  return {name, false,
          absl::StrCat("none of ", gpus->size(),
                       " GPUs tells clocks or a power limit to choose from")};
}

}  // namespace

FoundActuators FindActuators(
    SysfsFiles& files, const absl::StatusOr<std::unique_ptr<NvmlLibrary>>& nvml,
    bool is_root) {
  FoundActuators found;
  found.original.boot = ReadBootId(files);
  Add(Make<Hertz>(files, PlanCpuFrequency(files), found.original),
      "cpu_frequency_control", found.frequencies, found.facts);
  Add(Make<Watts>(files, PlanPowercap(files), found.original),
      "power_cap_control", found.power_caps, found.facts);
  found.facts.push_back(nvml.ok()
                            ? AddGpus(**nvml, is_root, found)
                            : CannotControl("gpu_control", nvml.status()));
  return found;
}

std::vector<HostFact> ReadActuatorFacts(
    const std::string& root,
    const absl::StatusOr<std::unique_ptr<NvmlLibrary>>& nvml) {
  HostSysfs files(root);
  return FindActuators(files, nvml, geteuid() == 0).facts;
}

}  // namespace mj
