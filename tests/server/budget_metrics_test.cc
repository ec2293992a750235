#include "server/budget_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Text(const EngineStats& stats) {
  std::vector<prometheus::MetricFamily> families;
  AddBudgetMetrics(stats, "m", families);
  return prometheus::TextSerializer().Serialize(families);
}

TEST(BudgetMetricsTest, WhatIsNotSetIsLeftOut) {
  const std::string text = Text(EngineStats());
  for (const char* name : {"millijoule_power_cap_watts", "millijoule_tenant_",
                           "millijoule_slo_target_seconds"}) {
    EXPECT_THAT(text, Not(HasSubstr(name)));
  }
  EXPECT_THAT(text, HasSubstr("millijoule_power_cap_violation_seconds_total{"
                              "model_name=\"m\"} 0"));
}

TEST(BudgetMetricsTest, ThePackagesLimitAppearsWithAGovernor) {
  EXPECT_THAT(Text(EngineStats()), Not(HasSubstr("package_limit")));
  EngineStats stats;
  stats.packages = {.works = true,
                    .requested = Watts(40),
                    .achieved = Watts(41),
                    .changes = 5,
                    .errors = 2};
  std::string text = Text(stats);
  for (const char* line :
       {"millijoule_package_limit_watts{kind=\"requested\",model_name=\"m\"} "
        "40",
        "millijoule_package_limit_watts{kind=\"achieved\",model_name=\"m\"} 41",
        "millijoule_package_limit_works{model_name=\"m\"} 1",
        "millijoule_package_limit_changes_total{model_name=\"m\"} 5",
        "millijoule_package_limit_errors_total{model_name=\"m\"} 2"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  stats.packages = {.works = false};
  text = Text(stats);
  EXPECT_THAT(text, Not(HasSubstr("package_limit_watts{")));
  EXPECT_THAT(text,
              HasSubstr("millijoule_package_limit_works{model_name=\"m\"} 0"));
}

TEST(BudgetMetricsTest, LimitsTargetsAndTenantsAppear) {
  EngineStats stats;
  stats.power_cap = Watts(12.5);
  stats.power_cap_violation = Seconds(3);
  stats.limits = {{8, 64, 32}, 0.5};
  stats.tenants = {{"ann", {Watts(1), Joules(10)}, Joules(-2), 7}};
  stats.slo_defaults.ttft = Seconds(0.8);
  stats.slo_ttft = {5, 1};
  stats.slo_tpot = {4, 2};
  stats.held = 3;
  stats.held_ever = 9;
  stats.energy_stops = 2;
  const std::string text = Text(stats);
  for (const char* line :
       {"millijoule_power_cap_watts{model_name=\"m\"} 12.5",
        "millijoule_power_cap_violation_seconds_total{model_name=\"m\"} 3",
        "millijoule_limit_max_num_seqs{model_name=\"m\"} 8",
        "millijoule_limit_max_batched_tokens{model_name=\"m\"} 64",
        "millijoule_limit_busy_ratio{model_name=\"m\"} 0.5",
        "millijoule_tenant_bucket_joules{tenant=\"ann\",model_name=\"m\"} -2",
        "millijoule_tenant_refused_requests_total{tenant=\"ann\","
        "model_name=\"m\"} 7",
        "millijoule_slo_target_seconds{target=\"ttft\",model_name=\"m\"} 0.8",
        "millijoule_slo_requests_total{target=\"ttft\",outcome=\"attained\","
        "model_name=\"m\"} 5",
        "millijoule_slo_requests_total{target=\"tpot\",outcome=\"missed\","
        "model_name=\"m\"} 2",
        "millijoule_requests_held{model_name=\"m\"} 3",
        "millijoule_flex_holds_total{model_name=\"m\"} 9",
        "millijoule_energy_stops_total{model_name=\"m\"} 2"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace mj
