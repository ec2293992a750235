#include "engine/simulate/simulated_device.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/sample/random.h"

namespace mj {
namespace {

constexpr double kSlowFactor = 10;
constexpr double kTailShare = 0.05, kTailFactor = 4;
// A clock that has not come after this many latencies is overdue.
constexpr double kPatience = 5;
constexpr Seconds kLeastPatience{0.1};
constexpr int kLatencyStream = 101;  // of the seed's random numbers

}  // namespace

absl::StatusOr<ActuatorFault> ParseActuatorFault(std::string_view name) {
  if (name == "none") return ActuatorFault::kNone;
  if (name == "dead") return ActuatorFault::kDead;
  if (name == "stuck") return ActuatorFault::kStuck;
  if (name == "slow") return ActuatorFault::kSlow;
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(name),
                   "' is no actuator fault; known: none, dead, stuck, slow"));
}

SimulatedDevice::SimulatedDevice(const PlatformCostModel& model,
                                 const DeviceOptions& options,
                                 Seconds wake_dropped)
    : model_(model),
      options_(options),
      wake_dropped_(wake_dropped),
      clock_(model.full_clock()),
      requested_(model.full_clock()) {}

void SimulatedDevice::Spend(Joules energy, Nanojoules DeviceEnergy::*on) {
  const auto nanojoules =
      static_cast<Nanojoules>(std::round(energy.value() * 1e9));
  energy_.*on += nanojoules;
  energy_.total += nanojoules;
}

bool SimulatedDevice::RequestClock(int clock) {
  if (options_.fault == ActuatorFault::kDead) return false;
  if (clock == requested_) return true;
  requested_ = clock;
  requested_at_ = now_;
  ++num_switches_;
  Spend(model_.switch_energy(), &DeviceEnergy::switching);
  if (options_.fault == ActuatorFault::kStuck) return true;
  const double u = Uniform({.seed = options_.seed,
                            .choice = kLatencyStream,
                            .position = static_cast<int>(num_requests_++)});
  Seconds latency = options_.switch_latency;
  if (u < kTailShare) latency *= kTailFactor;
  if (options_.fault == ActuatorFault::kSlow) latency *= kSlowFactor;
  // A driver serves one request after the other.
  Seconds at = now_ + latency;
  if (!changes_.empty()) at = std::max(at, changes_.back().at);
  changes_.push_back({at, clock});
  Apply();
  return true;
}

bool SimulatedDevice::overdue() const {
  const Seconds patience =
      std::max(kLeastPatience, kPatience * options_.switch_latency);
  return clock_ != requested_ && now_ > requested_at_ + patience;
}

Seconds SimulatedDevice::NextChange() const {
  return changes_.empty() ? Seconds(std::numeric_limits<double>::infinity())
                          : changes_.front().at;
}

void SimulatedDevice::Apply() {
  while (!changes_.empty() && changes_.front().at <= now_) {
    clock_ = changes_.front().clock;
    changes_.pop_front();
  }
}

Watts SimulatedDevice::IdlePower() const {
  switch (state_) {
    case IdleState::kParked:
      return model_.parked_power();
    case IdleState::kDropped:
      return model_.dropped_power();
    case IdleState::kLoaded:
      break;
  }
  return model_.idle_power(clock_);
}

void SimulatedDevice::IdleUntil(Seconds time) {
  assert(time >= now_);
  while (now_ < time) {
    const Seconds until = std::min(time, NextChange());
    Spend(IdlePower() * (until - now_), &DeviceEnergy::idle);
    now_ = until;
    Apply();
  }
}

void SimulatedDevice::Wake() {
  if (state_ == IdleState::kLoaded) return;
  const Seconds time = state_ == IdleState::kParked
                           ? model_.platform().wake_parked
                           : wake_dropped_;
  Spend(model_.idle_power(model_.full_clock()) * time, &DeviceEnergy::waking);
  state_ = IdleState::kLoaded;
  now_ += time;
  ++num_wakes_;
  Apply();
}

void SimulatedDevice::Run(const StepDemand& demand, double slowness) {
  Wake();
  double left = 1;  // of the step
  while (true) {
    const Price price = model_.PriceAt(demand, clock_);
    const Seconds needed = price.time * (slowness * left);
    const Seconds until_change = NextChange() - now_;
    if (needed <= until_change) {
      Spend(price.energy * (slowness * left), &DeviceEnergy::busy);
      now_ += needed;
      Apply();
      return;
    }
    const double part = until_change / (price.time * slowness);
    Spend(price.energy * (slowness * part), &DeviceEnergy::busy);
    now_ = NextChange();
    left -= part;
    Apply();
  }
}

}  // namespace mj
