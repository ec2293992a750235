#include "engine/governor_setup.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/host/find_actuators.h"
#include "hw_backends/models/cpu_platform.h"

namespace mj {
namespace {

constexpr char kCpuFact[] = "cpu_frequency_control";

bool NeedsTargets(GovernorPolicy policy) {
  return policy == GovernorPolicy::kLowestFeasible ||
         policy == GovernorPolicy::kThrottle ||
         policy == GovernorPolicy::kEnergy;
}

std::string NameOf(GovernorPolicy policy) {
  return std::string(PolicyName(policy));
}

// What this process itself finds: the helper's own words are kept apart.
std::string CpuControlLacks(const std::string& root) {
  const absl::Status not_asked =
      absl::UnavailableError("the backend runs on the CPU");
  for (const HostFact& fact : ReadActuatorFacts(root, not_asked)) {
    if (fact.name == kCpuFact && !fact.present) return fact.detail;
  }
  return "";
}

absl::StatusOr<std::unique_ptr<ActuatorLease>> TakeLease(
    const GovernorOptions& options, const Clock& clock) {
  if (!options.socket.empty()) {
    return ActuatorLease::Connect(options.socket, clock);
  }
  return ActuatorLease::Start(options.helper, clock);
}

// The one of the CPU; GPUs are left to themselves while no backend runs there.
std::optional<ControlledClock> CpuClockOf(
    std::shared_ptr<ActuatorLease> lease) {
  for (const auto& actuator : lease->frequencies()) {
    if (actuator->info().domain != "cpu") continue;
    return ControlledClock{
        std::shared_ptr<FrequencyActuator>(lease, actuator.get()),
        [lease] { return lease->Renew(); }, lease->heartbeat()};
  }
  return std::nullopt;
}

// Fills in the clock or why there is none.
void TakeClock(const GovernorOptions& options, const Clock& clock,
               GovernorSetup& setup) {
  absl::StatusOr<std::unique_ptr<ActuatorLease>> lease =
      TakeLease(options, clock);
  const std::string lacks = CpuControlLacks(options.helper.root);
  if (lease.ok()) {
    setup.clock = CpuClockOf(*std::move(lease));
    if (setup.clock) return;
    setup.why_advisory = absl::StrCat(kCpuFact, ": ", lacks);
    return;
  }
  setup.why_advisory = std::string(lease.status().message());
  if (!lacks.empty() && !absl::StrContains(setup.why_advisory, kCpuFact)) {
    absl::StrAppend(&setup.why_advisory, "; ", kCpuFact, ": ", lacks);
  }
}

}  // namespace

absl::Status CheckGovernor(const GovernorOptions& options,
                           const SloTargets& targets) {
  const std::string name = NameOf(options.policy);
  if (NeedsTargets(options.policy) && !(targets.ttft && targets.tpot)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--governor ", name, " needs --slo-ttft-ms and --slo-tpot-ms"));
  }
  const bool fixed = options.policy == GovernorPolicy::kFixed;
  if (fixed != options.fixed_clock.has_value()) {
    return absl::InvalidArgumentError(
        fixed ? "--governor fixed needs --frequency-mhz"
              : absl::StrCat(
                    "--frequency-mhz is for --governor fixed, not for ", name));
  }
  return absl::OkStatus();
}

absl::StatusOr<GovernorSetup> OpenGovernor(const GovernorOptions& options,
                                           const GovernedCpu& cpu,
                                           const Clock& clock) {
  absl::StatusOr<PlatformDescriptor> kin = KinOf(cpu.descriptor, cpu.vendor);
  if (!kin.ok()) return kin.status();
  GovernorSetup setup;
  setup.policy = options.policy;
  setup.on_change = options.on_change;
  setup.platform =
      CpuPlatform(*std::move(kin), cpu.descriptor, cpu.share, cpu.numerics);
  TakeClock(options, clock, setup);
  if (setup.clock) TakeClocks(setup.clock->actuator->info(), setup.platform);
  if (!options.fixed_clock) return setup;
  const absl::StatusOr<int> nearest =
      NearestClock(setup.platform, *options.fixed_clock);
  if (!nearest.ok()) {
    return absl::Status(
        nearest.status().code(),
        absl::StrCat("--frequency-mhz: ", nearest.status().message()));
  }
  setup.fixed_clock = *nearest;
  return setup;
}

std::string DescribeGovernor(const GovernorSetup& setup) {
  const std::string name = NameOf(setup.policy);
  const std::string range =
      absl::StrCat(QuantityText(setup.platform.clocks.front()), " to ",
                   QuantityText(setup.platform.clocks.back()), ", ",
                   setup.platform.clocks.size(), " clocks");
  if (!setup.clock) {
    return absl::StrCat("governor ", name, " is advisory (", range,
                        " of the model ", setup.platform.calibration,
                        "): no clock is set, because ", setup.why_advisory);
  }
  const ActuatorInfo<Hertz>& info = setup.clock->actuator->info();
  return absl::StrCat("governor ", name, " sets the clock, ", range, " (",
                      info.name, ": ", info.source, ")");
}

}  // namespace mj
