#include "server/budget_metrics.h"

#include <utility>

#include "server/metric_families.h"

namespace mj {
namespace {

using Values = std::vector<MetricValue>;

void AddLimits(const EngineStats& stats, MetricFamilies& out) {
  out.Gauge("limit_max_num_seqs", "Sequences that may run at once, now.",
            {{static_cast<double>(stats.limits.schedule.max_num_seqs)}});
  out.Gauge("limit_max_batched_tokens", "Rows that a step may have, now.",
            {{static_cast<double>(stats.limits.schedule.max_batched_tokens)}});
  out.Gauge("limit_busy_ratio",
            "Of the time with work, the part that steps may take, 0 to 1.",
            {{stats.limits.busy_share}});
  out.Counter("power_cap_violation_seconds_total",
              "Time in which the mean power of a window was over the cap.",
              {{stats.power_cap_violation.count()}});
  if (!stats.power_cap) return;
  out.Gauge("power_cap_watts", "The cap on the server's mean power.",
            {{stats.power_cap->value()}});
}

void AddPackages(const EngineStats& stats, MetricFamilies& out) {
  if (!stats.packages) return;
  const PackageLimit::State& packages = *stats.packages;
  Values watts;
  if (packages.requested) {
    watts.push_back({packages.requested->value(), {{"kind", "requested"}}});
  }
  if (packages.achieved) {
    watts.push_back({packages.achieved->value(), {{"kind", "achieved"}}});
  }
  out.Gauge("package_limit_watts",
            "The CPU packages' own power limit under the cap, and what it is.",
            std::move(watts));
  out.Gauge("package_limit_works",
            "1 while the packages' own limit can follow the cap, else 0.",
            {{packages.works ? 1.0 : 0.0}});
  out.Counter("package_limit_changes_total",
              "Times that the packages' limit was set or restored.",
              {{static_cast<double>(packages.changes)}});
  out.Counter("package_limit_errors_total", "Failures of the packages' driver.",
              {{static_cast<double>(packages.errors)}});
}

void AddTenants(const EngineStats& stats, MetricFamilies& out) {
  if (stats.tenants.empty()) return;
  Values levels, refused;
  for (const TenantBudget& tenant : stats.tenants) {
    levels.push_back({tenant.level.value(), {{"tenant", tenant.tenant}}});
    refused.push_back(
        {static_cast<double>(tenant.refused), {{"tenant", tenant.tenant}}});
  }
  out.Gauge("tenant_bucket_joules",
            "Joules left to a tenant; negative where spent ahead.",
            std::move(levels));
  out.Counter("tenant_refused_requests_total",
              "Requests refused with the tenant's joules spent.",
              std::move(refused));
}

void AddSlo(const EngineStats& stats, MetricFamilies& out) {
  Values targets;
  const SloTargets& defaults = stats.slo_defaults;
  if (defaults.ttft) {
    targets.push_back({defaults.ttft->count(), {{"target", "ttft"}}});
  }
  if (defaults.tpot) {
    targets.push_back({defaults.tpot->count(), {{"target", "tpot"}}});
  }
  if (!targets.empty()) {
    out.Gauge("slo_target_seconds", "Targets of requests that bring none.",
              std::move(targets));
  }
  const auto count = [](const char* target, const char* outcome, uint64_t n) {
    return MetricValue{static_cast<double>(n),
                       {{"target", target}, {"outcome", outcome}}};
  };
  out.Counter("slo_requests_total",
              "Requests with a latency target, by whether it was met.",
              {count("ttft", "attained", stats.slo_ttft.attained),
               count("ttft", "missed", stats.slo_ttft.missed),
               count("tpot", "attained", stats.slo_tpot.attained),
               count("tpot", "missed", stats.slo_tpot.missed)});
}

}  // namespace

void AddBudgetMetrics(const EngineStats& stats, const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families) {
  MetricFamilies out(model_name, families);
  AddLimits(stats, out);
  AddPackages(stats, out);
  AddTenants(stats, out);
  AddSlo(stats, out);
  out.Gauge("requests_held", "Flex requests that wait for less carbon.",
            {{static_cast<double>(stats.held)}});
  out.Counter("flex_holds_total", "Flex requests that have been held.",
              {{static_cast<double>(stats.held_ever)}});
  out.Counter("energy_stops_total",
              "Requests that ended with their joules spent.",
              {{static_cast<double>(stats.energy_stops)}});
}

}  // namespace mj
