// Prometheus families of shadow costing (engine/shadow_account.h).
#ifndef MILLIJOULE_SERVER_SHADOW_METRICS_H_
#define MILLIJOULE_SERVER_SHADOW_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/shadow_stats.h"

namespace mj {

// None where there are no devices.
void AddShadowMetrics(const std::vector<ShadowStats>& stats,
                      const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_SHADOW_METRICS_H_
