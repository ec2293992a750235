#include "engine/simulate/oracle_windows.h"

#include <algorithm>
#include <limits>

#include "engine/simulate/outcome.h"

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-9;  // seconds

void AddSteps(const PlatformCostModel& model, const SimulationResult& run,
              Windows& w) {
  double total = 0, end = 0;
  for (const ExecutedStep& step : run.schedule) {
    const double time =
        step.slowness *
        model.PriceAt(step.demand, model.full_clock()).time.count();
    total += time;
    end = std::max(end, step.released.count()) + time;
    w.full_speed.push_back(total);
    w.earliest.push_back(end);
  }
}

void AddRequest(const RequestResult& r, const SimulationResult& run,
                const OracleLimits& limits, double tight_share, Windows& w) {
  const Seconds ttft = std::max(limits.slo_ttft, Ttft(r));
  double& latest = w.latest[r.first_step];
  latest = std::min(latest, (r.arrival + ttft).count());
  if (r.tokens <= 1) return;
  const double budget =
      ((r.tokens - 1) * std::max(limits.slo_tpot, Tpot(r))).count();
  w.replies.push_back({r.first_step, r.last_step, budget});
  double& not_before = w.not_before[r.first_step];
  not_before = std::max(not_before, w.earliest[r.last_step] - budget);
  const double executed = run.schedule[r.first_step].end.count();
  const double taken = run.schedule[r.last_step].end.count() - executed;
  const bool tight = budget - taken <= tight_share * budget + kRounding;
  if (tight) not_before = std::max(not_before, executed);
}

}  // namespace

Windows FindWindows(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits, double tight_share) {
  const size_t num_steps = run.schedule.size();
  Windows w;
  AddSteps(model, run, w);
  w.not_before.assign(num_steps, 0);
  w.latest.assign(num_steps, kInfinity);
  for (const RequestResult& r : run.requests) {
    if (!r.refused) AddRequest(r, run, limits, tight_share, w);
  }
  std::sort(w.replies.begin(), w.replies.end(),
            [](const ReplySpan& a, const ReplySpan& b) {
              return a.first_step < b.first_step;
            });
  for (size_t i = num_steps; i-- > 1;) {
    const double time = w.full_speed[i] - w.full_speed[i - 1];
    w.latest[i - 1] = std::min(w.latest[i - 1], w.latest[i] - time);
  }
  return w;
}

}  // namespace mj
