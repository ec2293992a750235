#include "server/budget_metrics.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct Value {
  double number = 0;
  std::vector<ClientMetric::Label> labels{};
};

class Families final {
 public:
  Families(const std::string& model_name, std::vector<MetricFamily>& out)
      : model_name_(model_name), out_(out) {}

  void Add(const char* name, const char* help, MetricType type,
           std::vector<Value> values) {
    MetricFamily family{absl::StrCat("millijoule_", name), help, type, {}};
    for (Value& value : values) {
      ClientMetric metric;
      metric.label = std::move(value.labels);
      metric.label.push_back({"model_name", model_name_});
      (type == MetricType::Counter ? metric.counter.value
                                   : metric.gauge.value) = value.number;
      family.metric.push_back(std::move(metric));
    }
    out_.push_back(std::move(family));
  }

  void Gauge(const char* name, const char* help, std::vector<Value> values) {
    Add(name, help, MetricType::Gauge, std::move(values));
  }
  void Counter(const char* name, const char* help, std::vector<Value> values) {
    Add(name, help, MetricType::Counter, std::move(values));
  }

 private:
  const std::string& model_name_;
  std::vector<MetricFamily>& out_;
};

void AddLimits(const EngineStats& stats, Families& out) {
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

void AddTenants(const EngineStats& stats, Families& out) {
  if (stats.tenants.empty()) return;
  std::vector<Value> levels, refused;
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

void AddSlo(const EngineStats& stats, Families& out) {
  std::vector<Value> targets;
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
    return Value{static_cast<double>(n),
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
                      std::vector<MetricFamily>& families) {
  Families out(model_name, families);
  AddLimits(stats, out);
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
