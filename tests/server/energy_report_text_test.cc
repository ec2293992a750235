#include "server/energy_report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/energy_report_fixture.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(EnergyReportTextTest, ByTenant) {
  const std::string text =
      EnergyReportText(TestReport({.by = ReportBy::kTenant}, TestCarbon()),
                       ReportBy::kTenant, TestCarbon());
  EXPECT_EQ(text,
            "tenant       prefill J    decode J      idle J  overhead J"
            "        sum J  kWh  gCO2e  water L  requests  tokens"
            "  method, boundary\n"
            "alice       900000.000  900000.000       0.000       0.000"
            "  1800000.000    1    400     3.25         2     500"
            "  measured, package\n"
            "(idle)           0.000       0.000  900000.000       0.000"
            "   900000.000  0.5    200    1.625         0       0"
            "  measured, package\n"
            "(overhead)       0.000       0.000       0.000  900000.000"
            "   900000.000  0.5    200    1.625         0       0"
            "  measured, package\n"
            "total       900000.000  900000.000  900000.000  900000.000"
            "  3600000.000    2    800      6.5         2     500"
            "  measured, package\n"
            "wasted, part of it: aborted 100000.000 J\n"
            "unknown: 1 s of 2 s; 1 of 2 windows could not be read at once:\n"
            "  1 x UNAVAILABLE: energy_uj: vanished\n"
            "carbon: 400 g/kWh (DEU, test, of DEU, 2025), PUE 2 (test); kWh "
            "are the facility's\n");
}

TEST(EnergyReportTextTest, SaysWhatIsMissing) {
  LedgerReport report = TestReport({}, TestCarbon());
  report.missing_windows = 7;
  report.totals[0].known = Seconds(0);
  report.totals[0].embodied_grams = 12.5;
  const std::string text =
      EnergyReportText(report, ReportBy::kTotal, TestCarbon());
  EXPECT_THAT(text, HasSubstr("missing: 7 windows were never written"));
  EXPECT_THAT(text, HasSubstr("embodied, apart from gCO2e: 12.5 g"));
  EXPECT_THAT(text, Not(HasSubstr(" 0.000")));
  EXPECT_THAT(EnergyReportText({}, ReportBy::kTotal, TestCarbon()),
              HasSubstr("no windows"));
}

}  // namespace
}  // namespace mj
