#include "server/energy_report_json.h"

#include <gtest/gtest.h>

#include "tests/server/energy_report_fixture.h"

namespace mj {
namespace {

TEST(EnergyReportJsonTest, Total) {
  const LedgerReport report = TestReport({}, TestCarbon());
  const Json json = EnergyReportJson(report, ReportBy::kTotal, TestCarbon());
  ASSERT_EQ(json["rows"].size(), 1u);
  const Json& row = json["rows"][0];
  EXPECT_EQ(row["joules"], 3.6e6);
  EXPECT_EQ(row["prefill_joules"], 9e5);
  EXPECT_EQ(row["idle_joules"], 9e5);
  EXPECT_EQ(row["wasted_joules"]["aborted"], 1e5);
  EXPECT_EQ(row["facility_joules"], 7.2e6);
  EXPECT_EQ(row["kwh"], 2);
  EXPECT_EQ(row["gco2e"], 800);
  EXPECT_EQ(row["gco2e_per_request"], 400);
  EXPECT_EQ(row["gco2e_per_1k_output_tokens"], 1600);
  EXPECT_EQ(row["water_litres"], 6.5);
  EXPECT_EQ(row["priced_by_series"], 0);
  EXPECT_TRUE(row["embodied_gco2e"].is_null());
  EXPECT_EQ(row["known_seconds"], 1);
  EXPECT_EQ(row["unknown_seconds"], 1);
  EXPECT_EQ(row["method"], "measured");
  EXPECT_EQ(row["domain"], "package");
  EXPECT_EQ(row["calibration"], "scripted-1");
  EXPECT_EQ(json["totals"], json["rows"]);
  EXPECT_EQ(json["unknown_reasons"]["UNAVAILABLE: energy_uj: vanished"], 1);
  EXPECT_EQ(json["runs"][0]["cpu"], "Test CPU");
  EXPECT_EQ(json["carbon"]["grid"], "DEU");
  EXPECT_EQ(json["carbon"]["grams_per_kwh"]["source"], "test, of DEU");
  EXPECT_EQ(json["carbon"]["grams_per_kwh"]["year"], 2025);
}

TEST(EnergyReportJsonTest, GroupsCarryTheirKey) {
  const struct {
    ReportBy by;
    const char* name;
    const char* key;
  } cases[] = {{ReportBy::kTenant, "tenant", "alice"},
               {ReportBy::kModel, "model", "tiny"},
               {ReportBy::kHour, "hour", "2026-01-01T12:00:00Z"}};
  for (const auto& c : cases) {
    const Json json = EnergyReportJson(TestReport({.by = c.by}, TestCarbon()),
                                       c.by, TestCarbon());
    EXPECT_EQ(json["rows"][0][c.name], c.key);
  }
}

TEST(EnergyReportJsonTest, IdleBelongsToNoTenant) {
  const Json json =
      EnergyReportJson(TestReport({.by = ReportBy::kTenant}, TestCarbon()),
                       ReportBy::kTenant, TestCarbon());
  ASSERT_EQ(json["rows"].size(), 3u);
  EXPECT_EQ(json["rows"][0]["line"], "requests");
  EXPECT_TRUE(json["rows"][1]["tenant"].is_null());
  EXPECT_EQ(json["rows"][1]["line"], "idle");
  EXPECT_EQ(json["rows"][1]["joules"], 9e5);
  EXPECT_EQ(json["rows"][2]["line"], "overhead");
  EXPECT_FALSE(json["rows"][0].contains("wasted_joules"));
}

TEST(EnergyReportJsonTest, UnknownIsNullNeverZero) {
  LedgerReport report = TestReport({}, TestCarbon());
  report.rows[0].known = Seconds(0);
  const Json json = EnergyReportJson(report, ReportBy::kTotal, TestCarbon());
  for (const char* name : {"joules", "kwh", "gco2e", "water_litres",
                           "wasted_joules", "priced_by_series"}) {
    EXPECT_TRUE(json["rows"][0][name].is_null()) << name;
  }
}

}  // namespace
}  // namespace mj
