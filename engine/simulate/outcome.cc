#include "engine/simulate/outcome.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mj {
namespace {

std::optional<Seconds> Percentile(std::vector<Seconds>& values, double share) {
  if (values.empty()) return std::nullopt;
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  const auto nth = values.begin() + static_cast<ptrdiff_t>(rank) - 1;
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace

Outcome Summarize(const SimulationResult& result, Seconds slo_ttft,
                  Seconds slo_tpot) {
  Outcome out;
  std::vector<Seconds> ttft, tpot;
  int ttft_met = 0, tpot_met = 0;
  for (const RequestResult& r : result.requests) {
    if (r.refused) {
      ++out.refused;
      continue;
    }
    out.output_tokens += r.tokens;
    ttft.push_back(Ttft(r));
    if (r.tokens > 1) tpot.push_back(Tpot(r));
    if (r.unfinished) {
      ++out.unfinished;
      continue;
    }
    ttft_met += Ttft(r) <= slo_ttft;
    tpot_met += r.tokens <= 1 || Tpot(r) <= slo_tpot;
  }
  out.requests = static_cast<int>(result.requests.size());
  out.time = result.end;
  out.energy = FromNanojoules(result.energy.total);
  out.busy = FromNanojoules(result.energy.busy);
  out.idle = FromNanojoules(result.energy.idle);
  out.waking = FromNanojoules(result.energy.waking);
  out.switching = FromNanojoules(result.energy.switching);
  out.steps = result.steps;
  out.switches = result.switches;
  out.wakes = result.wakes;
  out.preemptions = result.preemptions;
  out.ttft_p50 = Percentile(ttft, 0.5);
  out.ttft_p99 = Percentile(ttft, 0.99);
  out.tpot_p50 = Percentile(tpot, 0.5);
  out.tpot_p99 = Percentile(tpot, 0.99);
  const double all = std::max(1, out.requests);
  out.ttft_attainment = ttft_met / all;
  out.tpot_attainment = tpot_met / all;
  if (out.output_tokens > 0) {
    out.per_output_token = out.energy / static_cast<double>(out.output_tokens);
  }
  return out;
}

}  // namespace mj
