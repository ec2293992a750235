#include "server/governor_metrics.h"

#include <array>
#include <utility>

#include "server/metric_families.h"

namespace mj {
namespace {

constexpr std::array<const char*, 2> kPhases = {"prefill", "decode"};

using Values = std::vector<MetricValue>;

void AddDecisions(const GovernorStats& stats, MetricFamilies& out) {
  Values counts;
  for (const DecisionCount& decision : stats.decisions) {
    counts.push_back({static_cast<double>(decision.count),
                      {{"phase", std::string(decision.phase)},
                       {"reason", std::string(decision.reason)}}});
  }
  out.Counter("governor_decisions_total",
              "Decisions of the governor, by phase and reason.",
              std::move(counts));
}

void AddClock(const GovernorStats& stats, MetricFamilies& out) {
  Values clocks;
  if (stats.requested) {
    clocks.push_back({stats.requested->value(), {{"kind", "requested"}}});
  }
  if (stats.achieved) {
    clocks.push_back({stats.achieved->value(), {{"kind", "achieved"}}});
  }
  out.Gauge("frequency_hertz",
            "The clock that the governor asks for, and the one that runs.",
            std::move(clocks));
  out.Counter("frequency_changes_total", "Clocks that were set.",
              {{static_cast<double>(stats.changes)}});
  out.Counter("actuator_errors_total", "Failures of the clock's driver.",
              {{static_cast<double>(stats.errors)}});
  out.Counter(
      "actuator_lease_changes_total",
      "Times that control over the clock was lost, or taken again.",
      {{static_cast<double>(stats.lease_losses), {{"to", "lost"}}},
       {static_cast<double>(stats.lease_recoveries), {{"to", "held"}}}});
}

void AddPredictions(const GovernorStats& stats, MetricFamilies& out) {
  Values seconds, joules, corrections;
  for (size_t i = 0; i < kPhases.size(); ++i) {
    const PredictionSums& sums = stats.phases[i];
    const auto labels = [&](const char* kind) {
      return std::vector<prometheus::ClientMetric::Label>{{"phase", kPhases[i]},
                                                          {"kind", kind}};
    };
    seconds.push_back({sums.predicted.time.count(), labels("predicted")});
    seconds.push_back({sums.achieved.count(), labels("achieved")});
    joules.push_back(
        {sums.measured ? sums.metered.value() : sums.predicted.energy.value(),
         labels("predicted")});
    if (sums.measured) {
      joules.push_back({sums.measured->value(), labels("achieved")});
    }
    corrections.push_back({sums.correction, {{"phase", kPhases[i]}}});
  }
  out.Counter("governor_step_seconds_total",
              "Time of steps, as predicted and as it was.", std::move(seconds));
  out.Counter("governor_step_joules_total",
              "Joules of steps, as predicted and, where a counter tells, as "
              "they were.",
              std::move(joules));
  out.Gauge("governor_correction_ratio",
            "Time of steps over the model's, of late.", std::move(corrections));
}

}  // namespace

void AddGovernorMetrics(const EngineStats& stats, const std::string& model_name,
                        std::vector<prometheus::MetricFamily>& families) {
  if (!stats.governor) return;
  const GovernorStats& governor = *stats.governor;
  MetricFamilies out(model_name, families);
  out.Gauge("governor_advisory",
            "1 while nothing that the governor asks for is set, else 0.",
            {{governor.advisory ? 1.0 : 0.0, {{"governor", governor.policy}}}});
  AddDecisions(governor, out);
  AddClock(governor, out);
  AddPredictions(governor, out);
  out.Counter("governor_wait_seconds_total",
              "Time in which steps waited to share a pass over the weights.",
              {{governor.waited.count()}});
  out.Gauge("governor_guard_ratio",
            "Part of each target that is kept free, by the slow loop.",
            {{governor.ttft_guard, {{"target", "ttft"}}},
             {governor.tpot_guard, {{"target", "tpot"}}}});
}

}  // namespace mj
