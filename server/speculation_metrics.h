// Metrics of speculation: what was guessed, by whom, what held, and why or why
// not.
#ifndef MILLIJOULE_SERVER_SPECULATION_METRICS_H_
#define MILLIJOULE_SERVER_SPECULATION_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/engine_stats.h"

namespace mj {

void AddSpeculationMetrics(const EngineStats& stats,
                           const std::string& model_name,
                           std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_SPECULATION_METRICS_H_
