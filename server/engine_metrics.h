// What every engine tells: its load, its work, its joules and their ledger.
#ifndef MILLIJOULE_SERVER_ENGINE_METRICS_H_
#define MILLIJOULE_SERVER_ENGINE_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/engine_stats.h"

namespace mj {

// Appends to `families`.
void AddEngineMetrics(const EngineStats& stats, const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_ENGINE_METRICS_H_
