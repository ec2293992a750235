#include "engine/clock_driver.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr Seconds kTick(0.5);         // heartbeats and looks at the clock
constexpr Seconds kLookPeriod(1);     // what runs is for people
constexpr Seconds kRetry(10);         // after a failure
constexpr Seconds kHangs(1);          // a call that takes longer
constexpr double kNearEnough = 0.05;  // drivers round to their own steps

}  // namespace

ClockDriver::ClockDriver(ControlledClock clock, const Clock& time)
    : clock_(std::move(clock)), time_(time), setting_(info().high) {
  thread_ = std::thread([this] { Loop(); });
}

ClockDriver::~ClockDriver() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  clock_.actuator->Restore().IgnoreError();  // the helper tells, and tries too
}

void ClockDriver::Want(Hertz clock) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wanted_ == clock) return;
    wanted_ = state_.requested = clock;
  }
  wake_.notify_one();
}

ClockDriver::View ClockDriver::view() const {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool hangs = called_at_ && time_.Now() - *called_at_ > kHangs;
  return {setting_, !failed_ && !hangs && !state_.lost, wanted_ == applied_,
          state_.lost};
}

ClockDriver::State ClockDriver::state() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return state_;
}

bool ClockDriver::IsDue() const {
  if (!wanted_ || wanted_ == applied_ || state_.lost) return false;
  return !failed_ || time_.Now() >= retry_at_;
}

void ClockDriver::Loop() {
  const Seconds tick = std::min(kTick, clock_.heartbeat / 4);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait_for(lock, tick, [this] { return stopping_ || IsDue(); });
    if (stopping_) return;
    if (state_.lost) continue;
    const std::optional<Hertz> wish = IsDue() ? wanted_ : std::nullopt;
    called_at_ = time_.Now();
    lock.unlock();
    if (wish) Apply(*wish);
    Look();
    lock.lock();
    called_at_.reset();
  }
}

void ClockDriver::Apply(Hertz wanted) {
  const absl::StatusOr<Hertz> set = clock_.actuator->Set(wanted);
  if (!set.ok()) return Fail(set.status());
  const double off = std::abs(*set / wanted - 1);
  if (off > kNearEnough) {
    return Fail(absl::FailedPreconditionError(
        absl::StrCat(info().name, ": ", QuantityText(wanted),
                     " was set, but it reads back ", QuantityText(*set))));
  }
  std::lock_guard<std::mutex> lock(mutex_);
  applied_ = wanted;
  setting_ = *set;
  state_.achieved = *set;
  failed_ = false;
  state_.problem.clear();
  ++state_.changes;
}

// Hands off: as found, until the next try.
void ClockDriver::Fail(const absl::Status& why) {
  const absl::Status restored = clock_.actuator->Restore();
  std::lock_guard<std::mutex> lock(mutex_);
  failed_ = true;
  applied_.reset();
  retry_at_ = time_.Now() + kRetry;
  state_.achieved.reset();
  state_.problem = std::string(why.message());
  if (restored.ok()) setting_ = info().high;
  ++state_.errors;
}

void ClockDriver::SetLost(const absl::Status& why) {
  std::lock_guard<std::mutex> lock(mutex_);
  state_.lost = true;
  state_.problem = std::string(why.message());
  state_.achieved.reset();
  setting_ = info().high;
  ++state_.errors;
}

void ClockDriver::Look() {
  if (clock_.renew) {
    if (absl::Status alive = clock_.renew(); !alive.ok()) return SetLost(alive);
  }
  const Seconds now = time_.Now();
  if (looked_at_ && now - *looked_at_ < kLookPeriod) return;
  looked_at_ = now;
  const absl::StatusOr<ActuatorReading<Hertz>> reading =
      clock_.actuator->Read();
  std::lock_guard<std::mutex> lock(mutex_);
  state_.achieved.reset();
  if (!reading.ok()) return;  // unknown; the next Set() tells why
  state_.achieved = reading->actual.value_or(reading->setting);
}

}  // namespace mj
