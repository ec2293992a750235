// Families of own metrics in the making: `millijoule_NAME`, with the model's
// name as the last label; the same numbers as `vllm:ALIAS` where there is one.
#ifndef MILLIJOULE_SERVER_METRIC_FAMILIES_H_
#define MILLIJOULE_SERVER_METRIC_FAMILIES_H_

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace mj {

struct MetricValue {
  double number = 0;
  std::vector<prometheus::ClientMetric::Label> labels{};
};

class MetricFamilies final {
 public:
  // Both outlive it; what is added goes to the end of `out`.
  MetricFamilies(const std::string& model_name,
                 std::vector<prometheus::MetricFamily>& out)
      : model_name_(model_name), out_(out) {}

  void Gauge(const char* name, const char* help,
             std::vector<MetricValue> values, const char* alias = "");
  void Counter(const char* name, const char* help,
               std::vector<MetricValue> values, const char* alias = "");
  void Histogram(const char* name, const char* help,
                 const prometheus::Histogram& values, const char* alias = "");

 private:
  void Add(const char* name, const char* help, prometheus::MetricType type,
           std::vector<prometheus::ClientMetric> metrics, const char* alias);

  const std::string& model_name_;
  std::vector<prometheus::MetricFamily>& out_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_METRIC_FAMILIES_H_
