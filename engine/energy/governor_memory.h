// What a governor learns while it runs.
#ifndef MILLIJOULE_ENGINE_ENERGY_GOVERNOR_MEMORY_H_
#define MILLIJOULE_ENGINE_ENERGY_GOVERNOR_MEMORY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "engine/energy/attribution.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

// Measured over predicted time, by phase and clock: exponentially weighted
// means, and the mean deviation from them. A clock that has been used little
// takes its phase's ratio.
class StepCorrections final {
 public:
  explicit StepCorrections(int num_clocks);

  void Observe(Phase phase, int clock, Seconds predicted, Seconds measured);
  double ratio(Phase phase, int clock) const;
  // Mean relative deviation of single steps from the corrected prediction.
  double spread(Phase phase) const { return phases_[Index(phase)].spread; }

 private:
  struct Mean {
    double ratio = 1, spread = 0;
    int count = 0;
    void Add(double sample);
  };
  static int Index(Phase phase) { return phase == Phase::kDecode ? 1 : 0; }

  std::array<std::vector<Mean>, 2> clocks_;
  std::array<Mean, 2> phases_;
};

// The slow loop: the 99th percentile of latency / SLO over the latest replies
// moves a guard, which makes the fast decisions aim lower. An integrator: it
// rises quickly, falls slowly, stops at its ends, and does not wind up while
// the clock is at its top anyway.
struct GuardRange {
  double least = 0, most = 0;  // parts of an SLO that are kept free
};

class TailGuard final {
 public:
  explicit TailGuard(const GuardRange& range)
      : least_(range.least), most_(range.most) {}

  // `ratio`: latency / SLO. Replies that would have missed the SLO at full
  // speed, too, are not the governor's fault: do not add them.
  void Observe(double ratio, bool saturated);
  double value() const { return least_ + integral_; }
  double level() const { return integral_ / (most_ - least_); }  // 0 to 1
  double p99() const { return p99_; }  // of the window; 0 before it fills

 private:
  static constexpr int kWindow = 256;
  static constexpr int kPeriod = 32;  // replies between two moves
  static constexpr double kAim = 0.95;
  static constexpr double kRise = 0.25, kFall = 0.05;

  double least_, most_;
  double integral_ = 0;
  double p99_ = 0;
  std::vector<float> window_;
  int next_ = 0, seen_ = 0;
};

// Traffic so far, exponentially weighted over about 64 requests.
struct TrafficStats {
  Seconds mean_gap{0};                     // between arrivals; 0: unknown
  double mean_prompt = 0, mean_reply = 0;  // tokens; 0: unknown
  double mean_square_prompt = 0;
  double mean_in_flight = 0;  // requests that an arrival finds there
  Seconds last_arrival{0};
  int64_t arrivals = 0, replies = 0;

  double rate() const {  // arrivals a second; 0: unknown
    return mean_gap > Seconds(0) ? 1 / mean_gap.count() : 0;
  }
};

// A reply that has ended. `lost`: the part of that time which running below
// full speed and waiting have cost, as GovernorMemory::lost() counts it.
struct ReplyObservation {
  Seconds ttft{0}, ttft_lost{0};
  Seconds decode{0}, decode_lost{0};  // from the first to the last token
  int tokens = 0;
};

struct StepObservation {
  Phase phase = Phase::kDecode;
  int clock = 0;          // all the time
  bool one_clock = true;  // false: it changed on the way, nothing to learn
  Price predicted;        // at that clock, uncorrected
  Seconds full_speed{0};  // the same at full clock
  Seconds measured{0};
  bool saturated = false;  // the clock was at its top
};

class GovernorMemory final {
 public:
  GovernorMemory(int num_clocks, Seconds slo_ttft, Seconds slo_tpot,
                 const GuardRange& ttft = {0.15, 0.8},
                 const GuardRange& tpot = {0.06, 0.6});

  // `in_flight`: other requests that wait or run.
  void ObserveArrival(Seconds now, int prompt_tokens, int in_flight);
  void ObserveStep(const StepObservation& step);
  void ObserveWait(Seconds waited) { lost_ += waited; }
  void ObserveReply(const ReplyObservation& reply);
  // The clock that was asked for.
  void ObserveRequest(int clock, Seconds now);

  Price Corrected(Phase phase, int clock, const Price& price) const {
    const double ratio = corrections.ratio(phase, clock);
    return {price.energy * ratio, price.time * ratio};
  }

  // Time lost since the start by not running at full speed at once.
  Seconds lost() const { return lost_; }
  int requested_clock() const { return requested_clock_; }
  Seconds requested_at() const { return requested_at_; }

  StepCorrections corrections;
  TailGuard ttft_guard, tpot_guard;
  TrafficStats traffic;

 private:
  Seconds slo_ttft_, slo_tpot_;
  Seconds lost_{0};
  int requested_clock_;
  Seconds requested_at_{-1e9};
  double saturation_ = 0;  // recent share of steps at the top clock
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_GOVERNOR_MEMORY_H_
