// Metrics of adaptive depth: tokens that left the model early, and why others
// did not.
#ifndef MILLIJOULE_SERVER_DEPTH_METRICS_H_
#define MILLIJOULE_SERVER_DEPTH_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/engine_stats.h"

namespace mj {

void AddDepthMetrics(const EngineStats& stats, const std::string& model_name,
                     std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_DEPTH_METRICS_H_
