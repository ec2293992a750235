#include "server/metric_families.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void MetricFamilies::Gauge(const char* name, const char* help,
                           std::vector<MetricValue> values) {
  Add(name, help, MetricType::Gauge, std::move(values));
}

void MetricFamilies::Counter(const char* name, const char* help,
                             std::vector<MetricValue> values) {
  Add(name, help, MetricType::Counter, std::move(values));
}

void MetricFamilies::Add(const char* name, const char* help, MetricType type,
                         std::vector<MetricValue> values) {
  MetricFamily family{absl::StrCat("millijoule_", name), help, type, {}};
  for (MetricValue& value : values) {
    ClientMetric metric;
    metric.label = std::move(value.labels);
    metric.label.push_back({"model_name", model_name_});
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value.number;
    family.metric.push_back(std::move(metric));
  }
  out_.push_back(std::move(family));
}

}  // namespace mj
