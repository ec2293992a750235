#include "engine/simulate/comparison.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "engine/simulate/oracle.h"

namespace mj {
namespace {

constexpr double kLeastSaving = 0.01;  // of E_fmax, for a share to mean much
constexpr unsigned kMostThreads = 4;   // recorded schedules are large

// Runs every task once, on a few threads.
void RunAll(const std::vector<std::function<void()>>& tasks) {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < tasks.size(); i = next++) tasks[i]();
  };
  const unsigned most =
      std::min(kMostThreads, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min<size_t>(most, tasks.size()); ++i) {
    threads.emplace_back(work);
  }
  work();
  for (std::thread& thread : threads) thread.join();
}

bool EqualsAttainment(const Outcome& out, const Outcome& fmax) {
  return out.ttft_attainment >= fmax.ttft_attainment - kEqualAttainment &&
         out.tpot_attainment >= fmax.tpot_attainment - kEqualAttainment;
}

// The least energy that any of the recorded schedules allows. Those that cannot
// beat the best one known are passed over. Drops the schedules.
class OracleSearch {
 public:
  OracleSearch(const Scenario& scenario, std::vector<PolicyRun>& runs)
      : scenario_(scenario), runs_(runs), bounds_(runs.size()) {}

  void Run() {
    std::vector<std::function<void()>> tasks;
    for (size_t i = 0; i < runs_.size(); ++i) {
      tasks.push_back([this, i] {
        bounds_[i] = LowerBound(scenario_.model, runs_[i].result);
      });
    }
    RunAll(tasks);
    std::vector<size_t> order(runs_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [this](size_t a, size_t b) { return bounds_[a] < bounds_[b]; });
    best_ = runs_[0].outcome.energy;
    for (const PolicyRun& run : runs_) {
      best_ = std::min(best_, run.outcome.energy);
    }
    tasks.clear();
    for (const size_t i : order) tasks.push_back([this, i] { Try(i); });
    RunAll(tasks);
  }

  Joules best() const { return best_; }
  Joules lower_bound() const {
    return *std::min_element(bounds_.begin(), bounds_.end());
  }

 private:
  void Try(size_t i) {
    if (bounds_[i] < Best()) {
      const GovernorLimits& limits = scenario_.options.limits;
      const Joules found = OracleEnergy(
          scenario_.model, runs_[i].result,
          {limits.slo_ttft, limits.slo_tpot, scenario_.options.wake_dropped});
      const std::lock_guard<std::mutex> lock(mutex_);
      best_ = std::min(best_, found);
    }
    runs_[i].result.schedule = {};
  }

  Joules Best() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return best_;
  }

  const Scenario& scenario_;
  std::vector<PolicyRun>& runs_;
  std::vector<Joules> bounds_;
  std::mutex mutex_;
  Joules best_{0};
};

}  // namespace

PolicyRun RunPolicy(const Scenario& scenario, GovernorPolicy policy, int clock,
                    bool record) {
  SimulationOptions options = scenario.options;
  options.limits.policy = policy;
  options.limits.fixed_clock = clock;
  options.record = record;
  PolicyRun run{std::string(PolicyName(policy)), clock};
  run.result = Simulate(scenario.model, scenario.trace, options);
  run.outcome =
      Summarize(run.result, options.limits.slo_ttft, options.limits.slo_tpot);
  return run;
}

PolicyRun RunBestStatic(const Scenario& scenario, const PolicyRun& fmax,
                        bool record) {
  std::map<int, Outcome> known = {{scenario.model.full_clock(), fmax.outcome}};
  const auto at = [&](int clock) -> const Outcome& {
    const auto found = known.find(clock);
    if (found != known.end()) return found->second;
    return known[clock] =
               RunPolicy(scenario, GovernorPolicy::kFixed, clock, false)
                   .outcome;
  };
  int low = 0, high = scenario.model.full_clock();  // high is good
  while (low < high) {
    const int middle = (low + high) / 2;
    if (EqualsAttainment(at(middle), fmax.outcome)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  int best = high;
  while (best < scenario.model.full_clock() &&
         EqualsAttainment(at(best + 1), fmax.outcome) &&
         at(best + 1).energy < at(best).energy) {
    ++best;
  }
  PolicyRun run = RunPolicy(scenario, GovernorPolicy::kFixed, best, record);
  run.governor = "best-static";
  return run;
}

Comparison Compare(const Scenario& scenario,
                   std::optional<GovernorPolicy> other) {
  std::vector<GovernorPolicy> policies = {
      GovernorPolicy::kGatedStatic, GovernorPolicy::kLowestFeasible,
      GovernorPolicy::kThrottle, GovernorPolicy::kEnergy};
  if (other && *other != GovernorPolicy::kFmax &&
      std::find(policies.begin(), policies.end(), *other) == policies.end()) {
    policies.push_back(*other);
  }
  Comparison all;
  all.runs.resize(policies.size() + 2);
  std::vector<std::function<void()>> tasks = {[&] {
    const int full = scenario.model.full_clock();
    all.runs[0] = RunPolicy(scenario, GovernorPolicy::kFmax, full, true);
    all.runs.back() = RunBestStatic(scenario, all.runs[0], true);
  }};
  for (size_t i = 0; i < policies.size(); ++i) {
    tasks.push_back([&, i] {
      all.runs[i + 1] = RunPolicy(scenario, policies[i],
                                  scenario.options.limits.fixed_clock, true);
    });
  }
  RunAll(tasks);
  OracleSearch search(scenario, all.runs);
  search.Run();
  all.oracle = search.best();
  all.lower_bound = search.lower_bound();
  return all;
}

std::optional<double> OracleShare(Joules energy, Joules fmax, Joules oracle) {
  const Joules most = fmax - oracle;
  if (most < kLeastSaving * fmax) return std::nullopt;
  return (fmax - energy) / most;
}

}  // namespace mj
