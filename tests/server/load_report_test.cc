#include "server/load_report.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

EngineStats Stats() {
  EngineStats stats;
  stats.running = 3;
  stats.waiting = 2;
  stats.kv_blocks_total = 8;
  stats.kv_blocks_used = 2;
  return stats;
}

TEST(LoadReportTest, NamesLoadAndWhatTheMeterHasTold) {
  EngineStats stats = Stats();
  EXPECT_EQ(*LoadReport("TEXT", stats),
            "TEXT named_metrics.kv_cache_usage_perc=0.25, "
            "named_metrics.num_requests_running=3, "
            "named_metrics.num_requests_waiting=2");
  stats.of_late = {Seconds(2), Joules(30), 10};
  EXPECT_EQ(*LoadReport("JSON", stats),
            R"(JSON {"named_metrics":{"kv_cache_usage_perc":0.25,)"
            R"("num_requests_running":3,"num_requests_waiting":2,)"
            R"("watts":15.0,"joules_per_token":3.0}})");
}

TEST(LoadReportTest, WithoutTokensThereAreNoJoulesOfOne) {
  EngineStats stats = Stats();
  stats.of_late = {Seconds(2), Joules(30), 0};
  const std::string text = *LoadReport("TEXT", stats);
  EXPECT_TRUE(text.ends_with("named_metrics.watts=15.0"));
}

TEST(LoadReportTest, KnowsNoOtherFormat) {
  for (const char* format : {"", "text", "BIN", "TEXT, JSON"}) {
    EXPECT_FALSE(LoadReport(format, Stats())) << format;
  }
}

}  // namespace
}  // namespace mj
