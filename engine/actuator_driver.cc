#include "engine/actuator_driver.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr Seconds kTick(0.5);         // heartbeats and looks at the device
constexpr Seconds kLookPeriod(1);     // what runs is for people
constexpr Seconds kRetry(10);         // after a failure
constexpr Seconds kHangs(1);          // a call that takes longer
constexpr double kNearEnough = 0.05;  // drivers round to their own steps

}  // namespace

template <class Q>
ActuatorDriver<Q>::ActuatorDriver(Controlled<Q> controlled, const Clock& time)
    : controlled_(std::move(controlled)), time_(time), setting_(info().high) {
  thread_ = std::thread([this] { Loop(); });
}

template <class Q>
ActuatorDriver<Q>::~ActuatorDriver() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  // The helper tells, and tries too.
  controlled_.actuator->Restore().IgnoreError();
}

template <class Q>
void ActuatorDriver<Q>::Want(std::optional<Q> value) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wanted_ == value) return;
    wanted_ = state_.requested = value;
  }
  wake_.notify_one();
}

template <class Q>
typename ActuatorDriver<Q>::View ActuatorDriver<Q>::view() const {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool hangs = called_at_ && time_.Now() - *called_at_ > kHangs;
  return {setting_, !failed_ && !hangs && !state_.lost, wanted_ == applied_,
          state_.lost};
}

template <class Q>
typename ActuatorDriver<Q>::State ActuatorDriver<Q>::state() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return state_;
}

template <class Q>
bool ActuatorDriver<Q>::IsDue() const {
  if (state_.lost) return false;
  // Even where nothing is wanted by now: it may not have been restored.
  if (failed_) return time_.Now() >= retry_at_;
  return wanted_ != applied_;
}

template <class Q>
void ActuatorDriver<Q>::Loop() {
  const Seconds tick = std::min(kTick, controlled_.heartbeat / 4);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait_for(lock, tick, [this] { return stopping_ || IsDue(); });
    if (stopping_) return;
    called_at_ = time_.Now();
    lock.unlock();
    const bool ours = Renew();
    lock.lock();
    const bool due = ours && IsDue();
    const std::optional<Q> wish = wanted_;
    lock.unlock();
    if (due) Apply(wish);
    if (ours) Look();
    lock.lock();
    called_at_.reset();
  }
}

template <class Q>
bool ActuatorDriver<Q>::Renew() {
  if (!controlled_.renew) return true;
  const absl::StatusOr<int> lease = controlled_.renew();
  std::lock_guard<std::mutex> lock(mutex_);
  NoteLease(lease);
  return lease.ok();
}

template <class Q>
void ActuatorDriver<Q>::NoteLease(const absl::StatusOr<int>& lease) {
  if (!lease.ok()) return SetLost(lease.status());
  const bool another = lease_ && *lease_ != *lease;
  if (another && !state_.lost) {
    SetLost(absl::UnavailableError("taken again by another thread"));
  }
  lease_ = *lease;
  if (!std::exchange(state_.lost, false)) return;
  ++state_.recoveries;
  state_.problem.clear();
}

template <class Q>
absl::StatusOr<Q> ActuatorDriver<Q>::Set(Q wanted) {
  const absl::StatusOr<Q> set = controlled_.actuator->Set(wanted);
  if (!set.ok() || std::abs(*set / wanted - 1) <= kNearEnough) return set;
  return absl::FailedPreconditionError(
      absl::StrCat(info().name, ": ", QuantityText(wanted),
                   " was set, but it reads back ", QuantityText(*set)));
}

template <class Q>
void ActuatorDriver<Q>::Apply(std::optional<Q> wanted) {
  std::optional<Q> achieved;
  if (wanted) {
    const absl::StatusOr<Q> set = Set(*wanted);
    if (!set.ok()) return Fail(set.status());
    achieved = *set;
  } else if (absl::Status found = controlled_.actuator->Restore();
             !found.ok()) {
    return Fail(found);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  applied_ = wanted;
  setting_ = achieved.value_or(info().high);
  state_.achieved = achieved;
  failed_ = false;
  state_.problem.clear();
  ++state_.changes;
}

// Hands off: as found, until the next try.
template <class Q>
void ActuatorDriver<Q>::Fail(const absl::Status& why) {
  const absl::Status restored = controlled_.actuator->Restore();
  std::lock_guard<std::mutex> lock(mutex_);
  failed_ = true;
  applied_.reset();
  retry_at_ = time_.Now() + kRetry;
  state_.achieved.reset();
  state_.problem = std::string(why.message());
  if (restored.ok()) setting_ = info().high;
  ++state_.errors;
}

// What was set has been restored, or will be before the lease is ours again.
template <class Q>
void ActuatorDriver<Q>::SetLost(const absl::Status& why) {
  state_.problem = std::string(why.message());
  if (std::exchange(state_.lost, true)) return;
  ++state_.losses;
  ++state_.errors;
  state_.achieved.reset();
  setting_ = info().high;
  applied_.reset();
  failed_ = false;
}

template <class Q>
void ActuatorDriver<Q>::Look() {
  const Seconds now = time_.Now();
  if (looked_at_ && now - *looked_at_ < kLookPeriod) return;
  looked_at_ = now;
  const absl::StatusOr<ActuatorReading<Q>> reading =
      controlled_.actuator->Read();
  std::lock_guard<std::mutex> lock(mutex_);
  state_.achieved.reset();
  if (!reading.ok()) return;  // unknown; the next Set() tells why
  state_.achieved = reading->actual.value_or(reading->setting);
}

template class ActuatorDriver<Hertz>;
template class ActuatorDriver<Watts>;

}  // namespace mj
