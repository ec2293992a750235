#include "server/device_metrics.h"

#include "server/metric_families.h"

namespace mj {

void AddDeviceMetrics(const std::optional<DeviceStats>& device,
                      const std::string& model_name,
                      std::vector<prometheus::MetricFamily>& families) {
  if (!device) return;
  MetricFamilies out(model_name, families);
  out.Counter("device_seconds_total",
              "Modelled seconds that the steps take on the simulated device; "
              "this host's clock is in none of them.",
              {{device->time.count(),
                {{"device", device->name}, {"method", "modelled"}}}});
  const BitActivity& bits = device->bits;
  if (bits.input_bits == 0) return;
  const auto value = [&](int64_t count, const char* line, const char* what) {
    return MetricValue{
        static_cast<double>(count),
        {{"device", device->name}, {"line", line}, {"what", what}}};
  };
  out.Counter("device_bits_total",
              "Cycles of the simulated arrays' input lines and of their cells' "
              "products; in how many a line was one, and at how many it "
              "toggled. Counted.",
              {value(bits.input_bits, "input", "cycles"),
               value(bits.input_ones, "input", "ones"),
               value(bits.input_toggles, "input", "toggles"),
               value(bits.product_bits, "product", "cycles"),
               value(bits.product_ones, "product", "ones"),
               value(bits.product_toggles, "product", "toggles")});
}

}  // namespace mj
