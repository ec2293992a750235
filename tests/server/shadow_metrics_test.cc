#include "server/shadow_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;

TEST(ShadowMetricsTest, ByDevice) {
  std::vector<prometheus::MetricFamily> families;
  AddShadowMetrics({}, "m", families);
  EXPECT_TRUE(families.empty());
  AddShadowMetrics({{"a", Joules(1.5), Seconds(2), 3, "in arrays"},
                    {"b", Joules(0.5), Seconds(4), 1, "in DRAM"}},
                   "m", families);
  const std::string text = prometheus::TextSerializer().Serialize(families);
  for (const char* line :
       {"millijoule_shadow_joules_total{device=\"a\",model_name=\"m\"} 1.5",
        "millijoule_shadow_seconds_total{device=\"b\",model_name=\"m\"} 4",
        "millijoule_shadow_devices{device=\"a\",weights_live=\"in arrays\","
        "model_name=\"m\"} 3"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace mj
