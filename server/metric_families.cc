#include "server/metric_families.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::vector<ClientMetric> Samples(MetricType type,
                                  std::vector<MetricValue> values) {
  std::vector<ClientMetric> metrics(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    metrics[i].label = std::move(values[i].labels);
    (type == MetricType::Counter ? metrics[i].counter.value
                                 : metrics[i].gauge.value) = values[i].number;
  }
  return metrics;
}

}  // namespace

void MetricFamilies::Gauge(const char* name, const char* help,
                           std::vector<MetricValue> values, const char* alias) {
  Add(name, help, MetricType::Gauge,
      Samples(MetricType::Gauge, std::move(values)), alias);
}

void MetricFamilies::Counter(const char* name, const char* help,
                             std::vector<MetricValue> values,
                             const char* alias) {
  Add(name, help, MetricType::Counter,
      Samples(MetricType::Counter, std::move(values)), alias);
}

void MetricFamilies::Histogram(const char* name, const char* help,
                               const prometheus::Histogram& values,
                               const char* alias) {
  Add(name, help, MetricType::Histogram, {values.Collect()}, alias);
}

void MetricFamilies::Add(const char* name, const char* help, MetricType type,
                         std::vector<ClientMetric> metrics, const char* alias) {
  MetricFamily family{absl::StrCat("millijoule_", name), help, type,
                      std::move(metrics)};
  for (ClientMetric& metric : family.metric) {
    metric.label.push_back({"model_name", model_name_});
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
