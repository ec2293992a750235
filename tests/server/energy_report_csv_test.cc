#include "server/energy_report_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/server/energy_report_fixture.h"

namespace mj {
namespace {

using Row = std::map<std::string, std::string>;

// Without quoted cells.
std::vector<Row> Parse(const std::string& csv) {
  std::vector<std::string> lines = absl::StrSplit(csv, '\n', absl::SkipEmpty());
  const std::vector<std::string> names = absl::StrSplit(lines.front(), ',');
  std::vector<Row> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = absl::StrSplit(lines[i], ',');
    EXPECT_EQ(cells.size(), names.size());
    Row row;
    for (size_t j = 0; j < names.size(); ++j) row[names[j]] = cells[j];
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(EnergyReportCsvTest, HasTheColumnsOfCodeCarbon) {
  const std::string csv = EnergyReportCsv({}, TestCarbon());
  EXPECT_EQ(csv.substr(0, csv.find("country_name")),
            "timestamp,project_name,run_id,experiment_id,duration,emissions,"
            "emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,"
            "gpu_energy,ram_energy,energy_consumed,water_consumed,");
  for (const char* name :
       {"country_iso_code", "region", "cloud_provider", "cloud_region", "os",
        "codecarbon_version", "cpu_count", "cpu_model", "gpu_count",
        "gpu_model", "longitude", "latitude", "ram_total_size", "tracking_mode",
        "on_cloud", "pue", "wue"}) {
    EXPECT_THAT("," + csv, testing::HasSubstr(std::string(",") + name));
  }
}

TEST(EnergyReportCsvTest, ARowOfARun) {
  const LedgerReport report = TestReport({.split_runs = true}, TestCarbon());
  const std::vector<Row> rows = Parse(EnergyReportCsv(report, TestCarbon()));
  ASSERT_EQ(rows.size(), 1u);
  Row row = rows[0];
  const Row want = {
      {"timestamp", "2026-01-01T12:00:02"},
      {"project_name", "tiny"},
      {"run_id", "run-1"},
      {"duration", "2"},
      {"emissions", "0.8"},       // kg: 1 kWh x PUE 2 x 400 g
      {"emissions_rate", "0.8"},  // kg/s
      {"cpu_power", "3600000"},   // W, without PUE
      {"cpu_energy", "2"},        // kWh, with it
      {"energy_consumed", "2"},
      {"water_consumed", "6.5"},  // 1 x 0.5 + 2 x 3
      {"country_iso_code", "DEU"},
      {"cpu_model", "Test CPU"},
      {"tracking_mode", "machine"},
      {"pue", "2"},
      {"wue", "0.5"},
  };
  for (const auto& [name, value] : row) {
    const auto found = want.find(name);
    EXPECT_EQ(value, found == want.end() ? "" : found->second) << name;
  }
}

TEST(EnergyReportCsvTest, APartOfABoundaryIsNotTheWhole) {
  const LedgerReport report =
      TestReport({.split_runs = true}, TestCarbon(), "package+dram");
  Row row = Parse(EnergyReportCsv(report, TestCarbon())).at(0);
  EXPECT_EQ(row["energy_consumed"], "2");
  for (const char* name : {"cpu_energy", "ram_energy", "gpu_energy",
                           "cpu_power", "ram_power", "gpu_power"}) {
    EXPECT_EQ(row[name], "") << name;
  }
}

TEST(EnergyReportCsvTest, TenantsAndNobodysAddUp) {
  const LedgerReport report =
      TestReport({.by = ReportBy::kTenant, .split_runs = true}, TestCarbon());
  std::map<std::string, double> energy;
  for (Row& row : Parse(EnergyReportCsv(report, TestCarbon()))) {
    energy[row["project_name"]] = std::stod(row["energy_consumed"]);
  }
  EXPECT_THAT(energy,
              testing::UnorderedElementsAre(testing::Pair("alice", 1.0),
                                            testing::Pair("(idle)", 0.5),
                                            testing::Pair("(overhead)", 0.5)));
}

TEST(EnergyReportCsvTest, UnknownIsEmptyNeverZero) {
  Carbon carbon = TestCarbon();
  carbon.grid.water.reset();
  carbon.grid.place = "world";
  LedgerReport report = TestReport({.split_runs = true}, carbon);
  Row row = Parse(EnergyReportCsv(report, carbon)).at(0);
  EXPECT_EQ(row["water_consumed"], "");
  EXPECT_EQ(row["country_iso_code"], "");
  report.rows[0].known = Seconds(0);
  row = Parse(EnergyReportCsv(report, carbon)).at(0);
  for (const char* name : {"emissions", "emissions_rate", "cpu_energy",
                           "cpu_power", "energy_consumed"}) {
    EXPECT_EQ(row[name], "") << name;
  }
  EXPECT_EQ(row["duration"], "1");
}

TEST(EnergyReportCsvTest, NamesAreQuoted) {
  const LedgerReport report =
      TestReport({.by = ReportBy::kTenant, .split_runs = true}, TestCarbon(),
                 "package", "a \"b\", c");
  EXPECT_THAT(EnergyReportCsv(report, TestCarbon()),
              testing::HasSubstr(",\"a \"\"b\"\", c\","));
}

}  // namespace
}  // namespace mj
