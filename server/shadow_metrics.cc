#include "server/shadow_metrics.h"

#include <utility>

#include "server/metric_families.h"

namespace mj {

void AddShadowMetrics(const std::vector<ShadowStats>& stats,
                      const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families) {
  if (stats.empty()) return;
  MetricFamilies out(model_name, families);
  std::vector<MetricValue> joules, seconds, devices;
  for (const ShadowStats& device : stats) {
    const std::vector<prometheus::ClientMetric::Label> label = {
        {"device", device.device}};
    joules.push_back({device.energy.value(), label});
    seconds.push_back({device.time.count(), label});
    devices.push_back(
        {device.devices,
         {{"device", device.device}, {"weights_live", device.weights_live}}});
  }
  out.Counter("shadow_joules_total",
              "Modelled joules that this traffic would have cost on a device.",
              std::move(joules));
  out.Counter("shadow_seconds_total",
              "Modelled seconds that its steps would have taken there.",
              std::move(seconds));
  out.Gauge("shadow_devices",
            "Devices side by side that would hold the model, which the shadow "
            "costs are for.",
            std::move(devices));
}

}  // namespace mj
