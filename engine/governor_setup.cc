#include "engine/governor_setup.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/host/find_actuators.h"
#include "hw_backends/models/cpu_platform.h"

namespace mj {
namespace {

bool NeedsTargets(GovernorPolicy policy) {
  return policy == GovernorPolicy::kLowestFeasible ||
         policy == GovernorPolicy::kThrottle ||
         policy == GovernorPolicy::kEnergy;
}

std::string NameOf(GovernorPolicy policy) {
  return std::string(PolicyName(policy));
}

absl::StatusOr<std::unique_ptr<ActuatorLease>> TakeLease(
    const GovernorOptions& options, const Clock& clock) {
  if (!options.socket.empty()) {
    return ActuatorLease::Connect(options.socket, clock);
  }
  return ActuatorLease::Start(options.helper, clock);
}

// The one of `domain`; GPUs are left to themselves while no backend runs there.
template <class Q>
std::optional<Controlled<Q>> TakeOne(
    const std::shared_ptr<ActuatorLease>& lease,
    const std::vector<std::unique_ptr<Actuator<Q>>>& actuators,
    std::string_view domain) {
  for (const auto& actuator : actuators) {
    if (actuator->info().domain != domain) continue;
    return Controlled<Q>{std::shared_ptr<Actuator<Q>>(lease, actuator.get()),
                         [lease] { return lease->Renew(); },
                         lease->heartbeat()};
  }
  return std::nullopt;
}

// The error of the lease, if there is none, and what this process itself finds.
std::string WhyNoClock(const absl::Status& lease,
                       const std::vector<HostFact>& facts) {
  std::string why(lease.message());
  for (const HostFact& fact : facts) {
    if (fact.name != "cpu_frequency_control" || fact.present) continue;
    if (absl::StrContains(why, fact.name)) continue;  // the helper said it
    absl::StrAppend(&why, why.empty() ? "" : "; ", fact.name, ": ",
                    fact.detail);
  }
  return why;
}

// In short: the clock's reason has the helper's words already.
std::string WhyNoPackages(const absl::Status& lease,
                          const std::vector<HostFact>& facts) {
  for (const HostFact& fact : facts) {
    if (fact.name == "power_cap_control" && !fact.present) {
      return absl::StrCat(fact.name, ": ", fact.detail);
    }
  }
  return std::string(lease.message());
}

// Fills in clock and packages, or why there are none.
void TakeControls(const GovernorOptions& options, bool caps_packages,
                  const Clock& clock, GovernorSetup& setup) {
  const absl::StatusOr<std::shared_ptr<ActuatorLease>> lease =
      TakeLease(options, clock);
  if (lease.ok()) {
    setup.clock = TakeOne(*lease, (*lease)->frequencies(), "cpu");
    setup.packages.limit = TakeOne(*lease, (*lease)->power_caps(), "package");
  }
  const std::vector<HostFact> facts =
      ReadActuatorFacts(options.helper.root,
                        absl::UnavailableError("the backend runs on the CPU"));
  if (!setup.clock) setup.why_advisory = WhyNoClock(lease.status(), facts);
  if (!setup.packages.limit) {
    setup.packages.why_not = WhyNoPackages(lease.status(), facts);
  } else if (!caps_packages) {
    setup.packages = {std::nullopt,
                      "the cap is on this server's modelled share of them, "
                      "and others use the rest"};
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
  TakeControls(options, cpu.caps_packages, clock, setup);
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

std::string DescribePackages(const GovernorSetup& setup) {
  if (!setup.packages.limit) {
    return absl::StrCat("a power cap leaves the packages' own limit alone: ",
                        setup.packages.why_not);
  }
  const ActuatorInfo<Watts>& info = setup.packages.limit->actuator->info();
  return absl::StrCat("a power cap also limits the packages, ",
                      QuantityText(info.low), " to ", QuantityText(info.high),
                      " (", info.name, ": ", info.source, ")");
}

}  // namespace mj
