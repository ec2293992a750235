// Metrics of budgets, caps and targets: what is limited, and how it is kept.
#ifndef MILLIJOULE_SERVER_BUDGET_METRICS_H_
#define MILLIJOULE_SERVER_BUDGET_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "engine/engine_stats.h"

namespace mj {

// Limits that are not set are left out.
void AddBudgetMetrics(const EngineStats& stats, const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_BUDGET_METRICS_H_
