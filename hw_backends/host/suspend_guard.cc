#include "hw_backends/host/suspend_guard.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// Sleeping and waking take longer; a thread that loses its core between the
// two clocks' readings is back sooner.
constexpr Seconds kShortestSleep(1);

}  // namespace

SuspendGuard::SuspendGuard(std::unique_ptr<EnergyMeter> meter,
                           const Clock& steady,
                           std::unique_ptr<const Clock> boot)
    : meter_(std::move(meter)),
      steady_(steady),
      boot_(std::move(boot)),
      lead_(boot_->Now() - steady_.Now()) {}

absl::StatusOr<EnergySample> SuspendGuard::Read() {
  const Seconds lead = boot_->Now() - steady_.Now();
  const Seconds slept = lead - std::exchange(lead_, lead);
  // Read in any case: after a sleep the counter goes on from here.
  absl::StatusOr<EnergySample> sample = meter_->Read();
  if (slept < kShortestSleep) return sample;
  return absl::DataLossError(
      absl::StrCat(meter_->info().domain, ": the host slept for ",
                   slept.count(), " s, in which counters may be reset"));
}

}  // namespace mj
