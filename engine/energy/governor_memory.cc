#include "engine/energy/governor_memory.h"

#include <algorithm>
#include <cmath>

namespace mj {
namespace {

constexpr double kStepWeight = 0.05;         // of a new step in a mean
constexpr int kTrusted = 8;                  // steps until a clock has its own
constexpr double kTrafficWeight = 1.0 / 64;  // of a new request in a mean
constexpr double kSaturationWeight = 0.01;
constexpr double kSaturated = 0.8;  // share of steps at the top clock

// The first samples count as in a plain mean.
double Weight(double least, int64_t count) {
  return std::max(least, 1.0 / static_cast<double>(count));
}

}  // namespace

void StepCorrections::Mean::Add(double sample) {
  ++count;
  const double weight = Weight(kStepWeight, count);
  const double deviation = std::abs(sample - ratio) / ratio;
  if (count > 1) spread += weight * (deviation - spread);
  ratio += weight * (sample - ratio);
}

StepCorrections::StepCorrections(int num_clocks) {
  for (std::vector<Mean>& means : clocks_) means.resize(num_clocks);
}

void StepCorrections::Observe(Phase phase, int clock, Seconds predicted,
                              Seconds measured) {
  if (!(predicted > Seconds(0)) || !(measured > Seconds(0))) return;
  const double sample = measured / predicted;
  clocks_[Index(phase)][clock].Add(sample);
  phases_[Index(phase)].Add(sample);
}

double StepCorrections::ratio(Phase phase, int clock) const {
  const Mean& own = clocks_[Index(phase)][clock];
  return own.count >= kTrusted ? own.ratio : phases_[Index(phase)].ratio;
}

void TailGuard::Observe(double ratio, bool saturated) {
  if (std::ssize(window_) < kWindow) {
    window_.push_back(static_cast<float>(ratio));
  } else {
    window_[next_] = static_cast<float>(ratio);
    next_ = (next_ + 1) % kWindow;
  }
  if (++seen_ % kPeriod != 0) return;
  std::vector<float> sorted = window_;
  const auto nth = sorted.begin() + (sorted.size() - 1) * 99 / 100;
  std::nth_element(sorted.begin(), nth, sorted.end());
  p99_ = *nth;
  const double error = p99_ - kAim;
  if (error > 0 && saturated) return;
  integral_ = std::clamp(integral_ + (error > 0 ? kRise : kFall) * error, 0.0,
                         most_ - least_);
}

GovernorMemory::GovernorMemory(int num_clocks, Seconds slo_ttft,
                               Seconds slo_tpot, const GuardRange& ttft,
                               const GuardRange& tpot)
    : corrections(num_clocks),
      ttft_guard(ttft),
      tpot_guard(tpot),
      slo_ttft_(slo_ttft),
      slo_tpot_(slo_tpot),
      requested_clock_(num_clocks - 1) {}

void GovernorMemory::ObserveArrival(Seconds now, int prompt_tokens,
                                    int in_flight) {
  TrafficStats& t = traffic;
  ++t.arrivals;
  const double weight = Weight(kTrafficWeight, t.arrivals);
  const double tokens = prompt_tokens;
  t.mean_prompt += weight * (tokens - t.mean_prompt);
  t.mean_square_prompt += weight * (tokens * tokens - t.mean_square_prompt);
  t.mean_in_flight += weight * (in_flight - t.mean_in_flight);
  if (t.arrivals > 1) {
    const Seconds gap = now - t.last_arrival;
    t.mean_gap += Weight(kTrafficWeight, t.arrivals - 1) * (gap - t.mean_gap);
  }
  t.last_arrival = now;
}

void GovernorMemory::ObserveStep(const StepObservation& step) {
  if (step.one_clock) {
    corrections.Observe(step.phase, step.clock, step.predicted.time,
                        step.measured);
  }
  const Seconds full_speed =
      step.full_speed * corrections.ratio(step.phase, step.clock);
  lost_ += std::max(Seconds(0), step.measured - full_speed);
  saturation_ += kSaturationWeight * ((step.saturated ? 1 : 0) - saturation_);
}

void GovernorMemory::ObserveReply(const ReplyObservation& reply) {
  const bool saturated = saturation_ > kSaturated;
  if (reply.ttft - reply.ttft_lost <= slo_ttft_) {
    ttft_guard.Observe(reply.ttft / slo_ttft_, saturated);
  }
  const Seconds allowed = (reply.tokens - 1) * slo_tpot_;
  if (reply.tokens > 1 && reply.decode - reply.decode_lost <= allowed) {
    tpot_guard.Observe(reply.decode / allowed, saturated);
  }
  TrafficStats& t = traffic;
  ++t.replies;
  t.mean_reply +=
      Weight(kTrafficWeight, t.replies) * (reply.tokens - t.mean_reply);
}

void GovernorMemory::ObserveRequest(int clock, Seconds now) {
  if (clock == requested_clock_) return;
  requested_clock_ = clock;
  requested_at_ = now;
}

}  // namespace mj
