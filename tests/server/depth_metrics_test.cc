#include "server/depth_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;

TEST(DepthMetricsTest, TellsWhatLeftEarlyAndWhyTheRestDidNot) {
  EngineStats stats;
  stats.depth = {.early_tokens = 5,
                 .full_tokens = 7,
                 .unsure = 4,
                 .stayed = 2,
                 .unasked = 1};
  std::vector<prometheus::MetricFamily> families;
  AddDepthMetrics(stats, "m", families);
  const std::string text = prometheus::TextSerializer().Serialize(families);
  for (const char* line :
       {"adaptive_tokens_total{depth=\"early\",model_name=\"m\"} 5",
        "adaptive_tokens_total{depth=\"full\",model_name=\"m\"} 7",
        "adaptive_rows_kept_total{reason=\"unsure\",model_name=\"m\"} 4",
        "adaptive_rows_kept_total{reason=\"no_gain\",model_name=\"m\"} 2",
        "adaptive_rows_kept_total{reason=\"not_asked\",model_name=\"m\"} 1"}) {
    EXPECT_THAT(text, HasSubstr(std::string("millijoule_") + line));
  }
}

}  // namespace
}  // namespace mj
