#include "server/prefix_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;

std::string Text(const EngineStats& stats) {
  std::vector<prometheus::MetricFamily> families;
  AddPrefixMetrics(stats, "m", families);
  return prometheus::TextSerializer().Serialize(families);
}

TEST(PrefixMetricsTest, NothingWhileNothingIsShared) {
  EXPECT_EQ(Text(EngineStats()), "");
}

TEST(PrefixMetricsTest, TellsWhatWasFoundAndLost) {
  EngineStats stats;
  stats.prefix = PrefixStats{1000, 640, 12, 64, 32, 1};
  stats.kv_blocks_total = 10;
  stats.kv_blocks_idle = 4;
  stats.saved_prefix = Joules(2.5);
  const std::string text = Text(stats);
  for (const char* line :
       {"millijoule_prefix_cache_queries_total{model_name=\"m\"} 1000",
        "vllm:prefix_cache_queries_total{model_name=\"m\",engine=\"0\"} 1000",
        "millijoule_prefix_cache_hits_total{model_name=\"m\"} 640",
        "millijoule_prefix_cache_copied_tokens_total{model_name=\"m\"} 12",
        "vllm:prefix_cache_hits_total{model_name=\"m\",engine=\"0\"} 640",
        "millijoule_prefix_cache_lost_tokens_total{reason=\"evicted\","
        "model_name=\"m\"} 64",
        "millijoule_prefix_cache_lost_tokens_total{reason=\"scored\","
        "model_name=\"m\"} 32",
        "millijoule_prefix_cache_collisions_total{model_name=\"m\"} 1",
        "millijoule_kv_cache_idle_ratio{model_name=\"m\"} 0.4",
        "millijoule_energy_saved_joules_total{reason=\"prefix_cache\","
        "method=\"modelled\",model_name=\"m\"} 2.5"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace mj
