#include "engine/simulate/oracle.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/simulate/oracle_windows.h"

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-9;  // seconds that a deadline forgives
// Of whom first tokens must not come early; see the header.
constexpr double kTightShares[] = {0, 0.1, 1};
constexpr double kFinestSlack = 2e-3;  // seconds
constexpr int kMantissaBitsBelowQuarter = 50;

// Times and joules are plain doubles in here: this is the inner loop.
struct State {
  double cost = kInfinity;
  double time = 0;
  bool exists() const { return cost < kInfinity; }
};

// The replies in flight, each in a slot, and when each state's path gave their
// first tokens. A reply whose first token came at t must end by t + budget, so
// with full speed from here on, this step must end by
//   t + budget - full speed time from this step to the last one.
class FirstTokens {
 public:
  FirstTokens(int num_states, const std::vector<double>& full_speed)
      : num_states_(num_states), full_speed_(full_speed) {}

  // When `state` must have ended step `i`.
  double Deadline(int state, size_t i) const {
    const double* times =
        times_.data() + static_cast<size_t>(state) * capacity_;
    double least = kInfinity;
    for (int slot = 0; slot < capacity_; ++slot) {
      least = std::min(least, times[slot] + offset_[slot]);
    }
    return least + full_speed_[i];
  }

  // After a step: each state that exists inherits from its parent.
  void Inherit(const std::vector<State>& states,
               const std::vector<int32_t>& parent) {
    next_.resize(times_.size());
    for (int state = 0; state < num_states_; ++state) {
      if (!states[state].exists()) continue;
      const auto from =
          times_.begin() + static_cast<ptrdiff_t>(parent[state]) * capacity_;
      std::copy(from, from + capacity_,
                next_.begin() + static_cast<ptrdiff_t>(state) * capacity_);
    }
    times_.swap(next_);
  }

  // A reply whose first token came with the step just done.
  void Begin(const ReplySpan& reply, const std::vector<State>& states) {
    const int slot = TakeSlot();
    offset_[slot] = reply.budget - full_speed_[reply.last_step];
    ends_[slot] = reply.last_step;
    for (int state = 0; state < num_states_; ++state) {
      times_[static_cast<size_t>(state) * capacity_ + slot] =
          states[state].time;
    }
  }

  void End(int step) {
    for (int slot = 0; slot < capacity_; ++slot) {
      if (ends_[slot] == step) Free(slot);
    }
  }

 private:
  void Free(int slot) {
    offset_[slot] = kInfinity;
    ends_[slot] = -1;
  }

  int TakeSlot() {
    const auto free = std::find(ends_.begin(), ends_.end(), -1);
    if (free != ends_.end()) return static_cast<int>(free - ends_.begin());
    const int slot = capacity_;
    Grow(std::max(8, 2 * capacity_));
    return slot;
  }

  void Grow(int capacity) {
    std::vector<double> times(static_cast<size_t>(num_states_) * capacity);
    for (int state = 0; state < num_states_; ++state) {
      std::copy_n(times_.begin() + static_cast<ptrdiff_t>(state) * capacity_,
                  capacity_,
                  times.begin() + static_cast<ptrdiff_t>(state) * capacity);
    }
    times_.swap(times);
    capacity_ = capacity;
    offset_.resize(capacity, kInfinity);
    ends_.resize(capacity, -1);
  }

  const int num_states_;
  const std::vector<double>& full_speed_;
  int capacity_ = 0;
  std::vector<double> times_, next_;  // [state, slot]
  std::vector<double> offset_;        // [slot]; infinite: free
  std::vector<int> ends_;             // [slot]; -1: free
};

class Program {
 public:
  Program(const PlatformCostModel& model, const SimulationResult& run,
          const OracleLimits& limits, double tight_share)
      : model_(model),
        run_(run),
        buckets_(limits.slack_buckets),
        windows_(FindWindows(model, run, limits, tight_share)),
        switch_cost_(model.switch_energy().value()),
        wake_dropped_(limits.wake_dropped.count()),
        now_(model.num_clocks() * buckets_),
        next_(now_.size()),
        parent_(now_.size()),
        deadline_(now_.size()),
        any_(buckets_),
        firsts_(static_cast<int>(now_.size()), windows_.full_speed) {}

  Joules Solve() {
    now_[model_.full_clock() * buckets_] = {0, 0};
    size_t reply = 0;
    for (size_t i = 0; i < run_.schedule.size(); ++i) {
      Advance(i);
      firsts_.Inherit(now_, parent_);
      firsts_.End(static_cast<int>(i));
      for (; reply < windows_.replies.size() &&
             windows_.replies[reply].first_step == static_cast<int>(i);
           ++reply) {
        firsts_.Begin(windows_.replies[reply], now_);
      }
    }
    double least = kInfinity;
    for (const State& s : now_) least = std::min(least, s.cost);
    return Joules(least);
  }

 private:
  struct Candidate {
    State state;
    int clock = 0;  // at which it waits
    int parent = 0;
  };

  // Logarithmic, four an octave: slack is worth most where there is little.
  int Bucket(double slack) const {
    const auto bits = std::bit_cast<uint64_t>(1 + slack / kFinestSlack);
    constexpr uint64_t kOne = std::bit_cast<uint64_t>(1.0);
    const uint64_t bucket = (bits - kOne) >> kMantissaBitsBelowQuarter;
    return static_cast<int>(std::min<uint64_t>(bucket, buckets_ - 1));
  }

  double RestCost(double gap) const {
    const double waking = model_.idle_power(model_.full_clock()).value();
    const double wake_parked = model_.platform().wake_parked.count();
    double least = model_.idle_power(0).value() * gap;
    if (wake_parked <= gap) {
      least = std::min(
          least, model_.parked_power().value() * gap + waking * wake_parked);
    }
    if (wake_dropped_ <= gap) {
      least = std::min(
          least, model_.dropped_power().value() * gap + waking * wake_dropped_);
    }
    return least;
  }

  // Idles until the requests have arrived; `any_` is then, per bucket, the
  // cheapest state at whatever clock.
  void Start(size_t i) {
    const double released = run_.schedule[i].released.count();
    std::fill(any_.begin(), any_.end(), Candidate{});
    for (int index = 0; index < static_cast<int>(now_.size()); ++index) {
      State& s = now_[index];
      if (!s.exists()) continue;
      deadline_[index] =
          std::min(windows_.latest[i], firsts_.Deadline(index, i));
      const int clock = index / buckets_;
      Candidate& any = any_[index % buckets_];
      const double gap = released - s.time;
      if (gap > 0) {
        const double rested = s.cost + switch_cost_ + RestCost(gap);
        if (rested < any.state.cost) any = {{rested, released}, 0, index};
        s = {s.cost + model_.idle_power(clock).value() * gap, released};
      }
      if (s.cost < any.state.cost) any = {s, clock, index};
    }
  }

  void Advance(size_t i) {
    const ExecutedStep& step = run_.schedule[i];
    Start(i);
    std::fill(next_.begin(), next_.end(), State{});
    for (int clock = 0; clock < model_.num_clocks(); ++clock) {
      const Price price = model_.PriceAt(step.demand, clock);
      const State added{step.slowness * price.energy.value(),
                        step.slowness * price.time.count()};
      for (int b = 0; b < buckets_; ++b) {
        const int stay = clock * buckets_ + b;
        if (now_[stay].exists()) Run(i, clock, now_[stay], stay, added);
        const Candidate& any = any_[b];
        if (!any.state.exists()) continue;
        const double switching = any.clock == clock ? 0 : switch_cost_;
        Run(i, clock, {any.state.cost + switching, any.state.time}, any.parent,
            added);
      }
    }
    now_.swap(next_);
  }

  void Run(size_t i, int clock, const State& from, int parent,
           const State& added) {
    State to{from.cost + added.cost, from.time + added.time};
    const double early = windows_.not_before[i] - to.time;
    if (early > 0) {
      to.cost += model_.idle_power(clock).value() * early;
      to.time = windows_.not_before[i];
    }
    const double slack = deadline_[parent] - to.time;
    if (slack < -kRounding) return;
    const int index = clock * buckets_ + Bucket(std::max(0.0, slack));
    if (to.cost >= next_[index].cost) return;
    next_[index] = to;
    parent_[index] = parent;
  }

  const PlatformCostModel& model_;
  const SimulationResult& run_;
  const int buckets_;
  const Windows windows_;
  const double switch_cost_, wake_dropped_;
  std::vector<State> now_, next_;  // [clock, bucket]
  std::vector<int32_t> parent_;    // of each of next_
  std::vector<double> deadline_;   // of the step, for each of now_
  std::vector<Candidate> any_;     // [bucket]
  FirstTokens firsts_;
};

}  // namespace

Joules OracleEnergy(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits) {
  assert(static_cast<int64_t>(run.schedule.size()) == run.steps);
  Joules least(kInfinity);
  for (const double tight_share : kTightShares) {
    least = std::min(least, Program(model, run, limits, tight_share).Solve());
  }
  return least;
}

Joules LowerBound(const PlatformCostModel& model, const SimulationResult& run) {
  const Watts rest = std::min(
      {model.idle_power(0), model.parked_power(), model.dropped_power()});
  Seconds now{0};
  Joules total(0);
  for (const ExecutedStep& step : run.schedule) {
    Joules least(kInfinity);
    for (int clock = 0; clock < model.num_clocks(); ++clock) {
      const Price price = model.PriceAt(step.demand, clock);
      least = std::min(least, price.energy - rest * price.time);
    }
    total += step.slowness * least;
    const Seconds fastest = model.PriceAt(step.demand, model.full_clock()).time;
    now = std::max(now, step.released) + step.slowness * fastest;
  }
  return total + rest * now;
}

}  // namespace mj
