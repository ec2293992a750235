#include "server/metric_families.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void MetricFamilies::Gauge(const char* name, const char* help,
                           std::vector<MetricValue> values) {
  Add(name, help, MetricType::Gauge, std::move(values), "");
}

void MetricFamilies::Counter(const char* name, const char* help,
                             std::vector<MetricValue> values,
                             const char* alias) {
  Add(name, help, MetricType::Counter, std::move(values), alias);
}

void MetricFamilies::Add(const char* name, const char* help, MetricType type,
                         std::vector<MetricValue> values, const char* alias) {
  MetricFamily family{absl::StrCat("millijoule_", name), help, type, {}};
  for (MetricValue& value : values) {
    ClientMetric metric;
    metric.label = std::move(value.labels);
    metric.label.push_back({"model_name", model_name_});
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value.number;
    family.metric.push_back(std::move(metric));
  }
  out_.push_back(family);
  if (*alias == '\0') return;
  family.name = absl::StrCat("vllm:", alias);
  for (ClientMetric& metric : family.metric) {
    metric.label.push_back({"engine", "0"});
  }
  out_.push_back(std::move(family));
}

}  // namespace mj
