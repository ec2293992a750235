// Metrics of the governor: what it decided, why, and what came of it.
#ifndef MILLIJOULE_SERVER_GOVERNOR_METRICS_H_
#define MILLIJOULE_SERVER_GOVERNOR_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/engine_stats.h"

namespace mj {

// Nothing without a governor. What nobody can tell (the clock of a host whose
// clock cannot be controlled, joules that no counter tells) is left out.
void AddGovernorMetrics(const EngineStats& stats, const std::string& model_name,
                        std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GOVERNOR_METRICS_H_
