#include "engine/simulate/oracle.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/simulate/oracle_windows.h"

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-9;      // seconds that a deadline forgives
constexpr double kWorthwhile = 0.9995;  // of the energy of the round before
constexpr size_t kSegment = 512;  // steps between two states that are kept

// Times and joules are plain doubles in here: this is the inner loop.
struct State {
  double cost = kInfinity;
  double time = 0;
  bool exists() const { return cost < kInfinity; }
};

using States = std::vector<State>;  // [clock, bucket]

// What a step's states came from, to walk back.
struct Trail {
  std::vector<int32_t> parent;
  std::vector<double> time;
};

class Program {
 public:
  Program(const PlatformCostModel& model, const SimulationResult& run,
          const OracleLimits& limits, const std::vector<double>& ends)
      : model_(model),
        run_(run),
        buckets_(limits.slack_buckets),
        widest_(std::max(0.5, 1.5 * limits.slo_ttft.count())),
        windows_(FindWindows(model, run, limits, ends)),
        switch_cost_(model.switch_energy().value()),
        wake_dropped_(limits.wake_dropped.count()),
        now_(model.num_clocks() * buckets_),
        next_(now_.size()),
        parent_(now_.size()),
        any_(buckets_) {}

  Joules Solve() {
    now_[model_.full_clock() * buckets_] = {0, 0};
    for (size_t i = 0; i < run_.schedule.size(); ++i) {
      if (i % kSegment == 0) kept_.push_back(now_);
      Advance(i);
    }
    best_ = static_cast<int>(Best() - now_.begin());
    return Joules(now_[best_].cost);
  }

  // When each step ends in the solution. REQUIRES: Solve() found one.
  std::vector<double> Ends() {
    std::vector<double> ends(run_.schedule.size());
    std::vector<Trail> trail(kSegment);
    for (size_t segment = kept_.size(); segment-- > 0;) {
      const size_t first = segment * kSegment;
      const size_t last = std::min(first + kSegment, ends.size());
      now_ = kept_[segment];
      for (size_t i = first; i < last; ++i) {
        Advance(i);
        Trail& here = trail[i - first];
        here.parent = parent_;
        here.time.clear();
        for (const State& s : now_) here.time.push_back(s.time);
      }
      for (size_t i = last; i-- > first;) {
        ends[i] = trail[i - first].time[best_];
        best_ = trail[i - first].parent[best_];
      }
    }
    return ends;
  }

 private:
  struct Candidate {
    State state;
    int clock = 0;  // at which it waits
    int parent = 0;
  };

  States::const_iterator Best() const {
    return std::min_element(
        now_.begin(), now_.end(),
        [](const State& a, const State& b) { return a.cost < b.cost; });
  }

  int Bucket(size_t step, double time) const {
    const double slack = windows_.latest[step] - time;
    if (!(slack < widest_)) return buckets_ - 1;
    return std::max(0, static_cast<int>(slack / widest_ * buckets_));
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
  void Start(double released) {
    std::fill(any_.begin(), any_.end(), Candidate{});
    for (int index = 0; index < static_cast<int>(now_.size()); ++index) {
      State& s = now_[index];
      if (!s.exists()) continue;
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
    Start(step.released.count());
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
    if (to.time > windows_.latest[i] + kRounding) return;
    const double early = windows_.not_before[i] - to.time;
    if (early > 0) {
      to.cost += model_.idle_power(clock).value() * early;
      to.time = windows_.not_before[i];
    }
    const int index = clock * buckets_ + Bucket(i, to.time);
    if (to.cost >= next_[index].cost) return;
    next_[index] = to;
    parent_[index] = parent;
  }

  const PlatformCostModel& model_;
  const SimulationResult& run_;
  const int buckets_;
  const double widest_;  // slack that buckets tell apart
  const Windows windows_;
  const double switch_cost_, wake_dropped_;
  States now_, next_;
  std::vector<int32_t> parent_;  // of each of next_, then of now_
  std::vector<Candidate> any_;   // [bucket]
  std::vector<States> kept_;     // before each segment
  int best_ = 0;
};

}  // namespace

Joules OracleEnergy(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits) {
  assert(static_cast<int64_t>(run.schedule.size()) == run.steps);
  std::vector<double> ends;
  ends.reserve(run.schedule.size());
  for (const ExecutedStep& step : run.schedule) {
    ends.push_back(step.end.count());
  }
  Joules least(kInfinity);
  for (int round = 0; round < limits.max_rounds; ++round) {
    Program program(model, run, limits, ends);
    const Joules energy = program.Solve();
    const bool worthwhile = energy < kWorthwhile * least;
    least = std::min(least, energy);
    if (!worthwhile || round + 1 == limits.max_rounds) break;
    ends = program.Ends();
  }
  return least;
}

Joules LowerBound(const PlatformCostModel& model, const SimulationResult& run) {
  const Watts rest = std::min(
      {model.idle_power(0), model.parked_power(), model.dropped_power()});
  const std::vector<double> ends = EarliestEnds(model, run);
  Joules total = ends.empty() ? Joules(0) : rest * Seconds(ends.back());
  for (const ExecutedStep& step : run.schedule) {
    Joules least(kInfinity);
    for (int clock = 0; clock < model.num_clocks(); ++clock) {
      const Price price = model.PriceAt(step.demand, clock);
      least = std::min(least, price.energy - rest * price.time);
    }
    total += step.slowness * least;
  }
  return total;
}

}  // namespace mj
