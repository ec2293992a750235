// Prometheus families of a simulated device (engine/device_stats.h).
#ifndef MILLIJOULE_SERVER_DEVICE_METRICS_H_
#define MILLIJOULE_SERVER_DEVICE_METRICS_H_

#include <prometheus/metric_family.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/device_stats.h"

namespace mj {

// None where nothing is simulated.
void AddDeviceMetrics(const std::optional<DeviceStats>& device,
                      const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_DEVICE_METRICS_H_
