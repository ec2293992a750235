#include "engine/simulate/comparison.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
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

// What one schedule allows, unless it cannot beat `best`.
Joules OracleOf(const Scenario& scenario, const SimulationResult& run,
                Joules best, Joules& bound) {
  bound = LowerBound(scenario.model, run);
  if (bound >= best) return best;
  const GovernorLimits& limits = scenario.options.limits;
  return OracleEnergy(
      scenario.model, run,
      {limits.slo_ttft, limits.slo_tpot, scenario.options.wake_dropped});
}

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
  std::vector<Joules> oracles(all.runs.size()), bounds(all.runs.size());
  const auto finish = [&](size_t i) {
    PolicyRun& run = all.runs[i];
    oracles[i] = OracleOf(scenario, run.result, run.outcome.energy, bounds[i]);
    oracles[i] = std::min(oracles[i], run.outcome.energy);
    run.result.schedule = {};
  };
  std::vector<std::function<void()>> tasks = {[&] {
    const int full = scenario.model.full_clock();
    all.runs[0] = RunPolicy(scenario, GovernorPolicy::kFmax, full, true);
    finish(0);
    all.runs.back() = RunBestStatic(scenario, all.runs[0], true);
    finish(all.runs.size() - 1);
  }};
  for (size_t i = 0; i < policies.size(); ++i) {
    tasks.push_back([&, i] {
      all.runs[i + 1] = RunPolicy(scenario, policies[i],
                                  scenario.options.limits.fixed_clock, true);
      finish(i + 1);
    });
  }
  RunAll(tasks);
  all.oracle = *std::min_element(oracles.begin(), oracles.end());
  all.lower_bound = *std::min_element(bounds.begin(), bounds.end());
  return all;
}

std::optional<double> OracleShare(Joules energy, Joules fmax, Joules oracle) {
  const Joules most = fmax - oracle;
  if (most < kLeastSaving * fmax) return std::nullopt;
  return (fmax - energy) / most;
}

}  // namespace mj
