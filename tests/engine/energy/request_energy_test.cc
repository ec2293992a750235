#include "engine/energy/request_energy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mj {
namespace {

TEST(RequestEnergyTest, TotalIsPrefillAndDecode) {
  RequestEnergy energy;
  energy.Add(Phase::kPrefill, Joules(2));
  energy.Add(Phase::kDecode, Joules(0.5));
  energy.Add(Phase::kDecode, Joules(0.25));
  EXPECT_EQ(energy.prefill(), Joules(2));
  EXPECT_EQ(energy.decode(), Joules(0.75));
  EXPECT_EQ(energy.total(), Joules(2.75));
  EXPECT_EQ(energy.wasted(), Joules(0));
}

TEST(RequestEnergyTest, RecomputedTokensAreChargedAndWaste) {
  RequestEnergy energy;
  energy.Add(Phase::kPrefill, Joules(2));
  energy.Add(Phase::kPrefill, Joules(4), 0.75, WasteReason::kPreempted);
  EXPECT_EQ(energy.total(), Joules(6));
  EXPECT_EQ(energy.wasted(), Joules(3));
  EXPECT_EQ(energy.wasted(WasteReason::kPreempted), Joules(3));
}

TEST(RequestEnergyTest, WhatTurnsOutToBeWasteIsChargedOnce) {
  RequestEnergy energy;
  energy.Add(Phase::kDecode, Joules(4));
  energy.Waste(Joules(3), WasteReason::kRejectedDraft);
  EXPECT_EQ(energy.total(), Joules(4));
  EXPECT_EQ(energy.wasted(WasteReason::kRejectedDraft), Joules(3));
  EXPECT_EQ(energy.Abort(), Joules(1));
}

TEST(RequestEnergyTest, AbortWastesTheRestOnce) {
  RequestEnergy energy;
  energy.Add(Phase::kPrefill, Joules(4), 0.5, WasteReason::kPreempted);
  energy.Add(Phase::kDecode, Joules(1), 1, WasteReason::kRejectedDraft);
  EXPECT_EQ(energy.Abort(), Joules(2));
  EXPECT_EQ(energy.Abort(), Joules(0));
  EXPECT_EQ(energy.wasted(WasteReason::kAborted), Joules(2));
  EXPECT_EQ(energy.wasted(), energy.total());
}

TEST(RequestEnergyTest, ReasonsHaveNames) {
  EXPECT_EQ(WasteReasonName(WasteReason::kAborted), "aborted");
  EXPECT_EQ(WasteReasonName(WasteReason::kPreempted), "preempted");
  EXPECT_EQ(WasteReasonName(WasteReason::kRejectedDraft), "rejected_draft");
}

TEST(MakeReportTest, RoundsEachNumberOnce) {
  RequestEnergy energy;
  energy.Add(Phase::kPrefill, Joules(1.23456));
  energy.Add(Phase::kDecode, Joules(7.65432), 0.5, WasteReason::kPreempted);
  const EnergyReport report = MakeReport(
      energy, 7,
      {.method = EnergyMethod::kModelled,
       .domain = "package+dram",
       .calibration = "cpu-generic-1",
       .scale = 2,
       .site = {.power_usage_effectiveness = 1.5, .grams_per_kwh = 475}});
  EXPECT_EQ(report.total.value(), 17.8);    // 17.77776
  EXPECT_EQ(report.prefill.value(), 2.47);  // 2.46912
  EXPECT_EQ(report.decode.value(), 15.3);   // 15.30864
  EXPECT_EQ(report.wasted.value(), 7.65);   // 7.65432
  ASSERT_TRUE(report.per_output_token);
  EXPECT_EQ(report.per_output_token->value(), 2.54);  // 2.53968
  EXPECT_EQ(report.gco2e, 0.00352);                   // 0.003518515
  EXPECT_EQ(report.method, "modelled");
  EXPECT_EQ(report.domain, "package+dram");
  EXPECT_EQ(report.calibration, "cpu-generic-1");
}

TEST(MakeReportTest, NoOutputTokensNoRate) {
  EXPECT_FALSE(MakeReport(RequestEnergy(), 0, {}).per_output_token);
}

TEST(RoundToSignificantTest, Cases) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  struct {
    double value;
    int digits;
    double want;
  } constexpr kCases[] = {
      {0, 3, 0},           {0.012345, 3, 0.0123}, {0.0123456, 1, 0.01},
      {999.6, 3, 1000},    {1234567, 3, 1230000}, {-0.5678, 2, -0.57},
      {1e-300, 3, 1e-300}, {0.1, 17, 0.1},        {kInfinity, 3, kInfinity},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(RoundToSignificant(c.value, c.digits), c.want) << c.value;
  }
  EXPECT_TRUE(std::isnan(RoundToSignificant(std::nan(""), 3)));
}

}  // namespace
}  // namespace mj
