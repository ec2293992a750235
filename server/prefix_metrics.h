// Metrics of shared beginnings: what was found, what was lost and why, and
// what it saved.
#ifndef MILLIJOULE_SERVER_PREFIX_METRICS_H_
#define MILLIJOULE_SERVER_PREFIX_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/engine_stats.h"

namespace mj {

// Nothing while nothing is shared.
void AddPrefixMetrics(const EngineStats& stats, const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_PREFIX_METRICS_H_
