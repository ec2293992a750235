// The process's own `process_*` metrics, as every Prometheus client has them.
#ifndef MILLIJOULE_SERVER_PROCESS_METRICS_H_
#define MILLIJOULE_SERVER_PROCESS_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace mj {

// Appends CPU seconds, resident bytes and file descriptors; what /proc does
// not tell is left out. Any thread.
void AddProcessMetrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_PROCESS_METRICS_H_
