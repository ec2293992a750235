#include "engine/energy/ledger.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr double kScaleWeight = 0.2;  // of the newest window

EnergyTotals Scaled(const EnergyTotals& estimates, double scale) {
  EnergyTotals scaled{estimates.prefill * scale, estimates.decode * scale,
                      estimates.idle * scale, estimates.overhead * scale};
  for (int i = 0; i < kNumWasteReasons; ++i) {
    scaled.wasted[i] = estimates.wasted[i] * scale;
  }
  return scaled;
}

void AddTo(EnergyTotals& totals, const EnergyTotals& window) {
  totals.prefill += window.prefill;
  totals.decode += window.decode;
  totals.idle += window.idle;
  totals.overhead += window.overhead;
  for (int i = 0; i < kNumWasteReasons; ++i) {
    totals.wasted[i] += window.wasted[i];
  }
}

}  // namespace

EnergyLedger::EnergyLedger(const MeterInfo& info, const LedgerOptions& options,
                           const absl::StatusOr<EnergySample>& first,
                           Seconds now)
    : info_(info), options_(options), window_start_(now) {
  if (first.ok()) last_ = *first;
}

void EnergyLedger::Add(const StepRecord& record) {
  EnergyTotals& sums = pending_.sums;
  for (const RequestShare& share : record.shares) {
    RequestWindow& request = pending_.requests[share.request];
    request.request = share.request;
    request.tenant = share.tenant;
    const bool prefill = share.phase == Phase::kPrefill;
    (prefill ? request.prefill : request.decode) += share.energy;
    (prefill ? sums.prefill : sums.decode) += share.energy;
  }
  for (const WasteRecord& waste : record.wasted) {
    sums.wasted[static_cast<size_t>(waste.reason)] += waste.energy;
  }
  ended_.insert(ended_.end(), record.ended.begin(), record.ended.end());
  sums.overhead += record.overhead;
  pending_.busy += record.end - record.start;
}

EnergyWindow EnergyLedger::Begin(Seconds end) {
  EnergyWindow window;
  window.start = window_start_;
  window.end = end;
  window.ended = std::exchange(ended_, {});
  return window;
}

EnergyWindow EnergyLedger::CloseModelled(Seconds until) {
  assert(until > window_start_);
  EnergyWindow window = Begin(until);
  window.scale = 1;
  Book(WithIdle(until - window_start_), window);
  window_start_ = until;
  return window;
}

EnergyWindow EnergyLedger::Close(const absl::StatusOr<EnergySample>& reading,
                                 Seconds now) {
  EnergyWindow window = Begin(now);
  window.status = reading.ok() ? Check(*reading) : reading.status();
  if (window.known()) {
    Settle(*reading, window);
    window_start_ = now;
    last_ = *reading;
    return window;
  }
  ++unknown_windows_;
  // A lost or early reading is made good by the next; a wrong one cannot be.
  const bool wait = absl::IsUnavailable(window.status) ||
                    absl::IsPermissionDenied(window.status);
  if (!wait || !last_ || now - window_start_ > options_.max_gap) {
    window.lost = now - window_start_;
    Forget(now);
  }
  if (reading.ok() && !last_) last_ = *reading;
  return window;
}

absl::Status EnergyLedger::Check(const EnergySample& sample) const {
  if (!last_) {
    return absl::UnavailableError(
        absl::StrCat(info_.source, ": no earlier reading to compare with"));
  }
  const Joules delta = sample.total - last_->total;
  const Seconds time = sample.time - last_->time;
  if (time <= Seconds(0)) {
    return absl::DataLossError(absl::StrCat(
        info_.source, ": the reading is not later than the last one"));
  }
  // Reports count windows by their reasons: these say nothing that changes from
  // one to the next. Written so that NaN is refused.
  if (!(delta >= Joules(0))) {
    return absl::DataLossError(
        absl::StrCat(info_.source, ": counter went back, or is no number"));
  }
  // A counter may show what it counted up to a period ago.
  if (!(delta <= options_.max_power * (time + info_.update_period))) {
    return absl::DataLossError(
        absl::StrCat(info_.source, ": counter moved by more than ",
                     options_.max_power.value(), " W can draw"));
  }
  if (delta == Joules(0) && WithIdle(time).sum() > Joules(0)) {
    return absl::UnavailableError(absl::StrCat(
        info_.source, ": counter has not moved since the last reading"));
  }
  return absl::OkStatus();
}

EnergyTotals EnergyLedger::WithIdle(Seconds time) const {
  EnergyTotals sums = pending_.sums;
  sums.idle = options_.idle_power * std::max(Seconds(0), time - pending_.busy);
  return sums;
}

void EnergyLedger::Settle(const EnergySample& sample, EnergyWindow& window) {
  const EnergyTotals estimate = WithIdle(sample.time - last_->time);
  const Joules counter = sample.total - last_->total;
  window.low_confidence = sample.time - last_->time < 2 * info_.update_period;
  if (estimate.sum() > Joules(0)) {
    window.scale = counter / estimate.sum();
    if (!window.low_confidence) UpdateScale(window.scale);
    return Book(Scaled(estimate, window.scale), window);
  }
  EnergyTotals unexplained;  // the model saw nothing happen
  unexplained.idle = counter;
  Book(unexplained, window);
}

void EnergyLedger::Book(const EnergyTotals& energy, EnergyWindow& window) {
  Estimates pending = std::exchange(pending_, {});
  window.busy = pending.busy;
  window.energy = energy;
  for (auto& [id, request] : pending.requests) {
    request.prefill = request.prefill * window.scale;
    request.decode = request.decode * window.scale;
    tenants_[request.tenant] += request.prefill + request.decode;
    window.requests.push_back(std::move(request));
  }
  AddTo(totals_, window.energy);
}

void EnergyLedger::UpdateScale(double newest) {
  if (info_.method != EnergyMethod::kMeasured) return;
  scale_ = scale_ ? *scale_ + kScaleWeight * (newest - *scale_) : newest;
}

void EnergyLedger::Forget(Seconds now) {
  pending_ = {};
  unknown_time_ += now - window_start_;
  window_start_ = now;
  last_.reset();
  scale_.reset();
}

}  // namespace mj
