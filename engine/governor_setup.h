// How a server's clock is governed: who builds the process chooses.
#ifndef MILLIJOULE_ENGINE_GOVERNOR_SETUP_H_
#define MILLIJOULE_ENGINE_GOVERNOR_SETUP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/actuator_driver.h"
#include "engine/energy/governor.h"
#include "engine/package_limit.h"
#include "engine/request/request.h"
#include "hw_backends/clock.h"
#include "hw_backends/host/actuator_lease.h"
#include "hw_backends/models/cpu_descriptor.h"
#include "hw_backends/models/platform_descriptor.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

// A decision that asks for another clock than the one before it.
struct ClockChange {
  Hertz from{0}, to{0};
  std::string_view phase, reason;
  std::optional<Price> predicted;  // of the next step; absent when idle
  // The step before, as it was predicted and as it ran; 0: there was none.
  Seconds last_predicted{0}, last_achieved{0};
  uint64_t untold = 0;  // changes since the last one that was told
};

struct GovernorOptions {
  GovernorPolicy policy = GovernorPolicy::kFmax;
  std::optional<Hertz> fixed_clock;  // for kFixed
  HelperOptions helper;              // which program sets the clock
  std::string socket;  // of a helper that runs already, instead; "": none
  // Engine thread, ten times a second at the most.
  std::function<void(const ClockChange&)> on_change;
};

struct GovernorSetup {
  GovernorPolicy policy = GovernorPolicy::kFmax;
  PlatformDescriptor platform;  // prices steps at each of its clocks
  int fixed_clock = 0;          // index
  std::optional<Controlled<Hertz>> clock;
  std::string why_advisory;  // where there is no clock to set
  PackageControl packages;   // whose limit a power cap may set
  std::function<void(const ClockChange&)> on_change;
};

// INVALID_ARGUMENT names the flag that the policy needs and lacks.
absl::Status CheckGovernor(const GovernorOptions& options,
                           const SloTargets& targets);

// What the steps of a CPU backend are priced on.
struct GovernedCpu {
  CpuDescriptor descriptor;
  std::string vendor;  // as CpuIdentity
  CpuShare share;
  std::string numerics;
  // A power cap's watts are those of whole packages: counted there, or modelled
  // for a server that has them to itself.
  bool caps_packages = true;
};

// Leases the clock of the host at options.helper.root, and the packages' power
// limit; without a clock the setup is advisory, for the platform's own clocks.
// Says what is lacking. Writes nothing. OUT_OF_RANGE: the fixed clock is none
// of its. `clock` outlives the setup.
absl::StatusOr<GovernorSetup> OpenGovernor(const GovernorOptions& options,
                                           const GovernedCpu& cpu,
                                           const Clock& clock);

// "energy: sets 800 to 3600 MHz (cpufreq, acpi-cpufreq ...)", for people.
std::string DescribeGovernor(const GovernorSetup& setup);
// "a power cap also limits the packages, 50 W to 200 W (powercap: ...)".
std::string DescribePackages(const GovernorSetup& setup);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_GOVERNOR_SETUP_H_
