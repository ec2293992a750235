#include "engine/power_control.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// Steps report a tenth of a second late: shorter sums are mostly noise.
constexpr Seconds kJudged(0.95);

}  // namespace

PowerControl::PowerControl(std::vector<CapSetting> ladder, Watts idle,
                           SharedLimits& limits,
                           std::unique_ptr<PackageLimit> packages)
    : ladder_(std::move(ladder)),
      idle_(idle),
      full_(limits.Load()),
      limits_(limits),
      packages_(std::move(packages)),
      active_(ladder_.front().active) {
  state_.limits = full_;
  state_.reason = "no cap";
}

absl::Status PowerControl::SetCap(std::optional<Watts> cap) {
  // Written so that NaN is refused.
  if (cap && !(std::isfinite(cap->value()) && *cap > idle_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("power-cap-watts is ", cap->value(),
                     "; it must be above the idle power of ", idle_.value(),
                     " W, which no limit on the work can lower"));
  }
  std::lock_guard<std::mutex> lock(mutex_);
  state_.cap = cap;
  Forget();
  Apply();
  if (packages_ != nullptr) packages_->Follow(cap);
  return absl::OkStatus();
}

void PowerControl::OnWindow(const EnergyWindow& window) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!window.known()) {
    state_.power.reset();
    Forget();
    return;
  }
  energy_ += window.energy.sum();
  time_ += window.end - window.start;
  busy_ += window.busy;
  if (time_ >= kJudged) Judge();
}

void PowerControl::Judge() {
  const Watts mean = energy_ / time_;
  const double busy = busy_ / time_;
  state_.power = mean;
  // Without a cap, too: one that is set later starts from what is known.
  correction_.Observe({mean, busy, idle_, active_});
  state_.correction = correction_.value();
  if (state_.cap) {
    if (mean > *state_.cap) state_.violation += time_;
    Apply();
  }
  Forget();
}

void PowerControl::Forget() {
  energy_ = Joules(0);
  time_ = busy_ = Seconds(0);
}

void PowerControl::Apply() {
  if (!state_.cap) {
    state_.limits = full_;
    state_.reason = "no cap";
    active_ = ladder_.front().active;
  } else {
    const CapDecision decision =
        DecideCap(*state_.cap, idle_, state_.correction, ladder_);
    state_.limits = decision.limits;
    state_.reason = decision.reason;
    active_ = decision.active;
  }
  limits_.Store(state_.limits);
}

std::optional<Watts> PowerControl::cap() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return state_.cap;
}

PowerControl::State PowerControl::state() const {
  std::lock_guard<std::mutex> lock(mutex_);
  State state = state_;
  if (packages_ != nullptr) state.packages = packages_->state();
  return state;
}

}  // namespace mj
