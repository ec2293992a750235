#include "server/metrics_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "server/metrics.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<prometheus::MetricFamily> Everything() {
  return Metrics({.model = "m", .max_model_len = 1})
      .Families(StatsOfEverything());
}

TEST(MetricsReferenceTest, TheFileIsWhatTheCommandPrints) {
  std::ifstream file(MJ_SOURCE_DIR "/deploy/metrics.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, MetricsReference(Everything()))
      << "run: build/bin/millijoule metrics > deploy/metrics.md";
}

TEST(MetricsReferenceTest, EveryFamilyHasASampleAndSoItsLabels) {
  for (const prometheus::MetricFamily& family : Everything()) {
    EXPECT_FALSE(family.metric.empty()) << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
}

TEST(MetricsReferenceTest, ARowNamesAliasTypeUnitAndLabels) {
  const std::string text = MetricsReference(Everything());
  EXPECT_THAT(text,
              HasSubstr("| `millijoule_time_to_first_token_seconds` | "
                        "`vllm:time_to_first_token_seconds` | histogram | s | "
                        "`model_name` | Submission to the first token. |"));
  EXPECT_THAT(text, HasSubstr("| `millijoule_shadow_joules_total` |  | counter "
                              "| J | `device`, `model_name` |"));
  EXPECT_THAT(text, Not(HasSubstr("\n| `vllm:")));
}

}  // namespace
}  // namespace mj
