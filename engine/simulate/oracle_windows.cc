#include "engine/simulate/oracle_windows.h"

#include <algorithm>
#include <limits>

#include "engine/simulate/outcome.h"

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double FullSpeed(const PlatformCostModel& model, const ExecutedStep& step) {
  return step.slowness *
         model.PriceAt(step.demand, model.full_clock()).time.count();
}

// Bounds the ends of a request's first and last step.
void Bound(const RequestResult& r, const OracleLimits& limits,
           const std::vector<double>& ends, Windows& w) {
  const Seconds ttft = std::max(limits.slo_ttft, Ttft(r));
  double& first = w.latest[r.first_step];
  first = std::min(first, (r.arrival + ttft).count());
  if (r.tokens <= 1) return;
  const double budget =
      ((r.tokens - 1) * std::max(limits.slo_tpot, Tpot(r))).count();
  // The instants that `ends` meets.
  const double low = ends[r.last_step] - budget, high = ends[r.first_step];
  const double earliest = w.earliest[r.first_step];
  double instant = earliest;  // bounds no first token
  const bool enough = earliest - low >= 2 * limits.slo_ttft.count();
  if (!enough) instant = std::max(earliest, (low + high) / 2);
  w.not_before[r.first_step] = std::max(w.not_before[r.first_step], instant);
  w.latest[r.last_step] = std::min(w.latest[r.last_step], instant + budget);
}

}  // namespace

std::vector<double> EarliestEnds(const PlatformCostModel& model,
                                 const SimulationResult& run) {
  std::vector<double> ends;
  ends.reserve(run.schedule.size());
  double end = 0;
  for (const ExecutedStep& step : run.schedule) {
    end = std::max(end, step.released.count()) + FullSpeed(model, step);
    ends.push_back(end);
  }
  return ends;
}

Windows FindWindows(const PlatformCostModel& model, const SimulationResult& run,
                    const OracleLimits& limits,
                    const std::vector<double>& ends) {
  Windows w{EarliestEnds(model, run), {}, {}};
  w.not_before.assign(ends.size(), 0);
  w.latest.assign(ends.size(), kInfinity);
  for (const RequestResult& r : run.requests) {
    if (!r.refused) Bound(r, limits, ends, w);
  }
  for (size_t i = ends.size(); i-- > 1;) {
    const double before = w.latest[i] - FullSpeed(model, run.schedule[i]);
    w.latest[i - 1] = std::min(w.latest[i - 1], before);
  }
  return w;
}

}  // namespace mj
