// The reference of all metrics: deploy/metrics.md, as `millijoule metrics`
// prints it.
#ifndef MILLIJOULE_SERVER_METRICS_REFERENCE_H_
#define MILLIJOULE_SERVER_METRICS_REFERENCE_H_

#include <prometheus/metric_family.h>

#include <span>
#include <string>

#include "engine/engine_stats.h"

namespace mj {

// Stats of an engine that has everything there may be, so that no metric is
// left out of what is made of them.
EngineStats StatsOfEverything();

// A table in Markdown: name, `vllm:` alias, type, unit, labels, meaning.
std::string MetricsReference(
    std::span<const prometheus::MetricFamily> families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_METRICS_REFERENCE_H_
