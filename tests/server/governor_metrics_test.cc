#include "server/governor_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Text(const EngineStats& stats) {
  std::vector<prometheus::MetricFamily> families;
  AddGovernorMetrics(stats, "m", families);
  return prometheus::TextSerializer().Serialize(families);
}

EngineStats Governed() {
  EngineStats stats;
  stats.governor.emplace();
  GovernorStats& governor = *stats.governor;
  governor.policy = "energy";
  governor.requested = Hertz(2.4e9);
  governor.decisions = {{"decode", "decode: least energy", 7},
                        {"idle", "idle: lowest clock", 1}};
  PredictionSums& decode = governor.phases[1];
  decode.predicted = {Joules(10), Seconds(4)};
  decode.achieved = Seconds(5);
  decode.correction = 1.25;
  governor.waited = Seconds(3);
  governor.changes = 6;
  governor.errors = 2;
  governor.lease_losses = 2;
  governor.lease_recoveries = 1;
  governor.ttft_guard = 0.15;
  return stats;
}

TEST(GovernorMetricsTest, WithoutAGovernorThereAreNone) {
  EXPECT_EQ(Text(EngineStats()), "");
}

TEST(GovernorMetricsTest, DecisionsClocksAndPredictionsAppear) {
  EngineStats stats = Governed();
  stats.governor->achieved = Hertz(2.3e9);
  stats.governor->phases[1].measured = Joules(9);
  stats.governor->phases[1].metered = Joules(8);
  const std::string text = Text(stats);
  for (const char* line :
       {"millijoule_governor_advisory{governor=\"energy\",model_name=\"m\"} 0",
        "millijoule_governor_decisions_total{phase=\"decode\","
        "reason=\"decode: least energy\",model_name=\"m\"} 7",
        "millijoule_governor_decisions_total{phase=\"idle\","
        "reason=\"idle: lowest clock\",model_name=\"m\"} 1",
        "millijoule_frequency_hertz{kind=\"requested\",model_name=\"m\"} "
        "2400000000",
        "millijoule_frequency_hertz{kind=\"achieved\",model_name=\"m\"} "
        "2300000000",
        "millijoule_frequency_changes_total{model_name=\"m\"} 6",
        "millijoule_actuator_errors_total{model_name=\"m\"} 2",
        "millijoule_actuator_lease_changes_total{to=\"lost\","
        "model_name=\"m\"} 2",
        "millijoule_actuator_lease_changes_total{to=\"held\","
        "model_name=\"m\"} 1",
        "millijoule_governor_step_seconds_total{phase=\"decode\","
        "kind=\"predicted\",model_name=\"m\"} 4",
        "millijoule_governor_step_seconds_total{phase=\"decode\","
        "kind=\"achieved\",model_name=\"m\"} 5",
        "millijoule_governor_step_joules_total{phase=\"decode\","
        "kind=\"predicted\",model_name=\"m\"} 8",
        "millijoule_governor_step_joules_total{phase=\"decode\","
        "kind=\"achieved\",model_name=\"m\"} 9",
        "millijoule_governor_correction_ratio{phase=\"decode\","
        "model_name=\"m\"} 1.25",
        "millijoule_governor_wait_seconds_total{model_name=\"m\"} 3",
        "millijoule_governor_guard_ratio{target=\"ttft\",model_name=\"m\"} "
        "0.15"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(GovernorMetricsTest, WhatNobodyCanTellIsLeftOut) {
  EngineStats stats = Governed();
  stats.governor->advisory = true;
  const std::string text = Text(stats);
  EXPECT_THAT(text, HasSubstr("millijoule_governor_advisory{governor="
                              "\"energy\",model_name=\"m\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("frequency_hertz{kind=\"achieved\"")));
  EXPECT_THAT(text, HasSubstr("millijoule_governor_step_joules_total{phase="
                              "\"decode\",kind=\"predicted\",model_name=\"m\"} "
                              "10"));
  EXPECT_THAT(text, Not(HasSubstr("step_joules_total{phase=\"decode\","
                                  "kind=\"achieved\"")));
}

}  // namespace
}  // namespace mj
