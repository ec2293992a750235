#include "engine/simulate/oracle.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/simulate/outcome.h"

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-9;  // seconds that a deadline forgives

// Times and joules are plain doubles in here: this is the inner loop.
double Of(Seconds time) { return time.count(); }
double Of(Joules energy) { return energy.value(); }

// When each step may end.
struct Windows {
  std::vector<double> earliest;    // at full speed from the start
  std::vector<double> not_before;  // what TPOT of the executed run builds on
  std::vector<double> latest;      // so that all later deadlines can be met
};

std::vector<double> FullSpeedTimes(const PlatformCostModel& model,
                                   const SimulationResult& run) {
  std::vector<double> times;
  times.reserve(run.schedule.size());
  for (const ExecutedStep& step : run.schedule) {
    times.push_back(step.slowness *
                    Of(model.PriceAt(step.demand, model.full_clock()).time));
  }
  return times;
}

std::vector<double> EarliestEnds(const SimulationResult& run,
                                 const std::vector<double>& fastest) {
  std::vector<double> ends;
  ends.reserve(fastest.size());
  double end = 0;
  for (size_t i = 0; i < fastest.size(); ++i) {
    end = std::max(end, Of(run.schedule[i].released)) + fastest[i];
    ends.push_back(end);
  }
  return ends;
}

void AddDeadlines(const RequestResult& r, const SimulationResult& run,
                  const OracleLimits& limits, Windows& w) {
  const Seconds ttft = std::max(limits.slo_ttft, Ttft(r));
  double& first = w.latest[r.first_step];
  first = std::min(first, Of(r.arrival + ttft));
  if (r.tokens <= 1) return;
  const double budget = Of((r.tokens - 1) * std::max(limits.slo_tpot, Tpot(r)));
  const double executed_end = Of(run.schedule[r.last_step].end);
  const double executed_first = Of(run.schedule[r.first_step].end);
  const double by_earliest = w.earliest[r.first_step] + budget;
  const double by_executed = executed_first + budget;
  double& last = w.latest[r.last_step];
  if (by_earliest - executed_end >= 0.5 * (by_executed - executed_end)) {
    last = std::min(last, by_earliest);
    return;
  }
  last = std::min(last, by_executed);
  double& not_before = w.not_before[r.first_step];
  not_before = std::max(not_before, executed_first);
}

Windows FindWindows(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits) {
  const std::vector<double> fastest = FullSpeedTimes(model, run);
  Windows w{.earliest = EarliestEnds(run, fastest)};
  w.not_before.assign(fastest.size(), 0);
  w.latest.assign(fastest.size(), kInfinity);
  for (const RequestResult& r : run.requests) {
    if (!r.refused) AddDeadlines(r, run, limits, w);
  }
  for (size_t i = fastest.size(); i-- > 1;) {
    w.latest[i - 1] = std::min(w.latest[i - 1], w.latest[i] - fastest[i]);
  }
  return w;
}

struct State {
  double cost = kInfinity;
  double time = 0;
  bool exists() const { return cost < kInfinity; }
};

class Program {
 public:
  Program(const PlatformCostModel& model, const SimulationResult& run,
          const OracleLimits& limits)
      : model_(model),
        run_(run),
        buckets_(limits.slack_buckets),
        widest_(std::max(0.5, 1.5 * Of(limits.slo_ttft))),
        windows_(FindWindows(model, run, limits)),
        switch_cost_(Of(model.switch_energy())),
        wake_dropped_(Of(limits.wake_dropped)),
        now_(model.num_clocks() * buckets_),
        next_(now_.size()),
        any_(buckets_),
        any_clock_(buckets_) {}

  Joules Solve() {
    now_[model_.full_clock() * buckets_] = {0, 0};
    for (size_t i = 0; i < run_.schedule.size(); ++i) Advance(i);
    double least = kInfinity;
    for (const State& s : now_) least = std::min(least, s.cost);
    return Joules(least);
  }

 private:
  int Bucket(size_t step, double time) const {
    const double slack = windows_.latest[step] - time;
    if (!(slack < widest_)) return buckets_ - 1;
    return std::max(0, static_cast<int>(slack / widest_ * buckets_));
  }

  double RestCost(double gap) const {
    const double waking = model_.idle_power(model_.full_clock()).value();
    const double wake_parked = Of(model_.platform().wake_parked);
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

  void Keep(State& best, int& best_clock, const State& s, int clock) const {
    if (s.cost >= best.cost) return;
    best = s;
    best_clock = clock;
  }

  // Idles until the requests have arrived; `any_` is then, per bucket, the
  // cheapest state at whatever clock.
  void Start(double released) {
    std::fill(any_.begin(), any_.end(), State{});
    for (int clock = 0; clock < model_.num_clocks(); ++clock) {
      for (int b = 0; b < buckets_; ++b) {
        State& s = now_[clock * buckets_ + b];
        if (!s.exists()) continue;
        const double gap = released - s.time;
        if (gap > 0) {
          const State rested{s.cost + switch_cost_ + RestCost(gap), released};
          Keep(any_[b], any_clock_[b], rested, 0);
          s = {s.cost + model_.idle_power(clock).value() * gap, released};
        }
        Keep(any_[b], any_clock_[b], s, clock);
      }
    }
  }

  void Advance(size_t i) {
    const ExecutedStep& step = run_.schedule[i];
    Start(Of(step.released));
    std::fill(next_.begin(), next_.end(), State{});
    for (int clock = 0; clock < model_.num_clocks(); ++clock) {
      const Price price = model_.PriceAt(step.demand, clock);
      const State added{step.slowness * Of(price.energy),
                        step.slowness * Of(price.time)};
      for (int b = 0; b < buckets_; ++b) {
        const State& stay = now_[clock * buckets_ + b];
        if (stay.exists()) Run(i, clock, stay, added);
        if (!any_[b].exists()) continue;
        const double switching = any_clock_[b] == clock ? 0 : switch_cost_;
        Run(i, clock, {any_[b].cost + switching, any_[b].time}, added);
      }
    }
    now_.swap(next_);
  }

  void Run(size_t i, int clock, const State& from, const State& added) {
    State to{from.cost + added.cost, from.time + added.time};
    if (to.time > windows_.latest[i] + kRounding) return;
    const double early = windows_.not_before[i] - to.time;
    if (early > 0) {
      to.cost += model_.idle_power(clock).value() * early;
      to.time = windows_.not_before[i];
    }
    State& best = next_[clock * buckets_ + Bucket(i, to.time)];
    if (to.cost < best.cost) best = to;
  }

  const PlatformCostModel& model_;
  const SimulationResult& run_;
  const int buckets_;
  const double widest_;  // slack that buckets tell apart
  const Windows windows_;
  const double switch_cost_, wake_dropped_;
  std::vector<State> now_, next_;  // [clock, bucket]
  std::vector<State> any_;         // [bucket]
  std::vector<int> any_clock_;
};

}  // namespace

Joules OracleEnergy(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits) {
  assert(static_cast<int64_t>(run.schedule.size()) == run.steps);
  return Program(model, run, limits).Solve();
}

Joules LowerBound(const PlatformCostModel& model, const SimulationResult& run) {
  const Watts rest = std::min(
      {model.idle_power(0), model.parked_power(), model.dropped_power()});
  const std::vector<double> ends =
      EarliestEnds(run, FullSpeedTimes(model, run));
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
