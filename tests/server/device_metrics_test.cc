#include "server/device_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Text(const std::optional<DeviceStats>& device) {
  std::vector<prometheus::MetricFamily> families;
  AddDeviceMetrics(device, "m", families);
  return prometheus::TextSerializer().Serialize(families);
}

TEST(DeviceMetricsTest, SecondsAreModelledAndBitsCounted) {
  EXPECT_EQ(Text(std::nullopt), "");
  DeviceStats device{.name = "cim:a", .time = Seconds(2.5)};
  EXPECT_THAT(Text(device),
              HasSubstr("millijoule_device_seconds_total{device=\"cim:a\","
                        "method=\"modelled\",model_name=\"m\"} 2.5"));
  EXPECT_THAT(Text(device), Not(HasSubstr("device_bits")));
  device.bits = {8, 4, 3, 800, 100, 75};
  for (const char* line :
       {"{device=\"cim:a\",line=\"input\",what=\"toggles\",model_name=\"m\"} 3",
        "{device=\"cim:a\",line=\"product\",what=\"cycles\","
        "model_name=\"m\"} 800"}) {
    EXPECT_THAT(Text(device),
                HasSubstr(std::string("millijoule_device_bits_total") + line));
  }
}

}  // namespace
}  // namespace mj
