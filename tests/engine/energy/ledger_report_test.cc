#include "engine/energy/ledger_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "engine/energy/ledger_store.h"
#include "tests/fakes/ledger_windows.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

Carbon FlatCarbon() {
  Carbon carbon;
  carbon.power_usage_effectiveness.value = 1.5;
  carbon.grid = {"test", {400, "test", 2026}, Factor{2, "test"}};
  return carbon;
}

class LedgerReportTest : public testing::Test {
 protected:
  void Write(const LedgerRun& run, const std::vector<LedgerWindow>& windows) {
    const auto store = *LedgerStore::Open(path_);
    ASSERT_TRUE(store->SetRun(run).ok());
    for (const LedgerWindow& w : windows) ASSERT_TRUE(store->Append(w).ok());
  }
  LedgerReport Report(const LedgerQuery& query,
                      const Carbon& carbon = FlatCarbon()) {
    LedgerReader reader = *LedgerReader::Open(path_);
    absl::StatusOr<LedgerReport> report =
        MakeLedgerReport(reader, query, carbon);
    EXPECT_TRUE(report.ok()) << report.status();
    return *std::move(report);
  }

  const TempFolder folder_;
  const std::string path_ = folder_.path() + "/energy.db";
};

LedgerWindow Known(int number, absl::Time start, double decode,
                   double idle = 0) {
  LedgerWindow w;
  w.number = number;
  w.start = start;
  w.end = start + absl::Seconds(1);
  w.scale = 1;
  w.decode = Joules(decode);
  w.idle = Joules(idle);
  w.tenants.push_back({"alice", Joules(0), Joules(decode), 1, 10});
  return w;
}

LedgerWindow Unknown(int number, absl::Time start, int seconds, int lost = 0) {
  LedgerWindow w;
  w.number = number;
  w.start = start;
  w.end = start + absl::Seconds(seconds);
  w.unknown = "UNAVAILABLE: energy_uj: vanished";
  w.lost = Seconds(lost);
  return w;
}

Joules Sum(const std::vector<ReportRow>& rows) {
  Joules sum(0);
  for (const ReportRow& row : rows) sum += row.sum();
  return sum;
}

class ReportConservationTest
    : public LedgerReportTest,
      public testing::WithParamInterface<std::tuple<ReportBy, bool, int>> {};

// However it is cut, the sums are the windows'.
TEST_P(ReportConservationTest, RowsAddUpToTheWindows) {
  const auto [by, split_runs, seed] = GetParam();
  std::mt19937 random(seed);
  Joules want(0);
  std::map<std::string, Joules> wasted;
  int64_t requests = 0, tokens = 0;
  for (int r = 0; r < 3; ++r) {
    LedgerRun run = TestRun("run-" + std::to_string(r));
    run.model = r == 2 ? "other" : "tiny";
    run.method = r == 1 ? "modelled" : "measured";
    const std::vector<LedgerWindow> windows = RandomWindows(random, 100);
    Write(run, windows);
    for (const LedgerWindow& w : windows) {
      want += w.sum();
      for (const auto& [reason, energy] : w.wasted) wasted[reason] += energy;
      for (const LedgerTenant& t : w.tenants) {
        requests += t.requests;
        tokens += t.output_tokens;
      }
    }
  }
  const LedgerReport report = Report({.by = by, .split_runs = split_runs});
  EXPECT_EQ(report.windows, 300);
  EXPECT_EQ(report.missing_windows, 0);
  EXPECT_EQ(report.runs.size(), 3u);
  ASSERT_EQ(report.totals.size(), 2u);  // measured, modelled
  EXPECT_NEAR(Sum(report.rows) / want, 1, 1e-9);
  EXPECT_NEAR(Sum(report.totals) / want, 1, 1e-9);
  std::map<std::string, Joules> total_wasted;
  int64_t row_requests = 0, total_tokens = 0;
  Footprint rows;
  Footprint totals;
  for (const ReportRow& row : report.totals) {
    for (const auto& [reason, e] : row.wasted) total_wasted[reason] += e;
    total_tokens += row.output_tokens;
    totals += row.footprint;
  }
  for (const ReportRow& row : report.rows) {
    row_requests += row.requests;
    rows += row.footprint;
    EXPECT_TRUE(row.method == "measured" || row.method == "modelled");
    EXPECT_EQ(row.run.empty(), !split_runs);
  }
  EXPECT_EQ(total_tokens, tokens);
  EXPECT_EQ(row_requests, requests);
  for (const auto& [reason, energy] : wasted) {
    EXPECT_NEAR(total_wasted[reason] / energy, 1, 1e-9) << reason;
  }
  const double grams = want.value() / 3.6e6 * 1.5 * 400;
  EXPECT_NEAR(rows.grams_co2e / grams, 1, 1e-9);
  EXPECT_NEAR(totals.grams_co2e / grams, 1, 1e-9);
  EXPECT_NEAR(*rows.litres / *totals.litres, 1, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(
    Cuts, ReportConservationTest,
    testing::Combine(testing::Values(ReportBy::kTotal, ReportBy::kTenant,
                                     ReportBy::kModel, ReportBy::kHour),
                     testing::Bool(), testing::Range(0, 3)));

TEST_F(LedgerReportTest, ByTenantIdleAndOverheadAreLinesOfTheirOwn) {
  LedgerWindow w = Known(0, kNoon, 10, 5);
  w.overhead = Joules(1);
  w.prefill = Joules(2);
  w.tenants.push_back({"bob", Joules(2), Joules(0), 0, 0});
  Write(TestRun("a"), {w});
  const LedgerReport report = Report({.by = ReportBy::kTenant});
  ASSERT_EQ(report.rows.size(), 4u);
  EXPECT_EQ(report.rows[0].key, "alice");
  EXPECT_EQ(report.rows[0].sum(), Joules(10));
  EXPECT_EQ(report.rows[0].requests, 1);
  EXPECT_EQ(report.rows[0].output_tokens, 10);
  EXPECT_EQ(report.rows[1].key, "bob");
  EXPECT_EQ(report.rows[1].prefill, Joules(2));
  EXPECT_EQ(report.rows[2].line, ReportLine::kIdle);
  EXPECT_EQ(report.rows[2].sum(), Joules(5));
  EXPECT_EQ(report.rows[3].line, ReportLine::kOverhead);
  EXPECT_EQ(report.rows[3].sum(), Joules(1));
}

TEST_F(LedgerReportTest, ByHour) {
  Write(TestRun("a"), {Known(0, kNoon, 1), Known(1, kNoon + absl::Hours(1), 2),
                       Known(2, kNoon + absl::Minutes(119), 4)});
  const LedgerReport report = Report({.by = ReportBy::kHour});
  ASSERT_EQ(report.rows.size(), 2u);
  EXPECT_EQ(report.rows[0].key, "2026-01-01T12:00:00Z");
  EXPECT_EQ(report.rows[0].sum(), Joules(1));
  EXPECT_EQ(report.rows[1].key, "2026-01-01T13:00:00Z");
  EXPECT_EQ(report.rows[1].sum(), Joules(6));
}

TEST_F(LedgerReportTest, UnknownTimeIsWhatWasNeverMadeGood) {
  const auto at = [](int s) { return kNoon + absl::Seconds(s); };
  LedgerWindow makes_good = Known(3, at(1), 30);
  makes_good.end = at(4);
  Write(TestRun("a"), {
                          Known(0, at(0), 1),
                          Unknown(1, at(1), 1),  // both made good by 3
                          Unknown(2, at(1), 2),
                          makes_good,
                          Unknown(4, at(4), 1),  // lost with 5
                          Unknown(5, at(4), 2, 2),
                          Known(6, at(6), 1),
                          Unknown(7, at(7), 1),  // nothing came after them
                          Unknown(8, at(7), 3),
                      });
  Write(TestRun("b"), {Unknown(0, at(20), 1, 1)});
  for (ReportBy by : {ReportBy::kTotal, ReportBy::kTenant, ReportBy::kHour}) {
    const LedgerReport report = Report({.by = by});
    ASSERT_EQ(report.totals.size(), 1u);
    EXPECT_EQ(report.totals[0].unknown, Seconds(2 + 3 + 1));
    EXPECT_EQ(report.totals[0].known, Seconds(1 + 3 + 1));
    EXPECT_EQ(report.unknown_windows, 7);
    EXPECT_THAT(report.unknown_reasons,
                testing::ElementsAre(
                    testing::Pair("UNAVAILABLE: energy_uj: vanished", 7)));
  }
}

TEST_F(LedgerReportTest, MissingNumbersAreWindowsThatWereLost) {
  Write(TestRun("a"), {Known(2, kNoon, 1), Known(3, kNoon, 1),
                       Known(7, kNoon + absl::Seconds(9), 1)});
  EXPECT_EQ(Report({}).missing_windows, 2 + 3);
  // The rest of the run is not looked at.
  EXPECT_EQ(
      Report({.range = {.since = kNoon + absl::Seconds(5)}}).missing_windows,
      0);
}

TEST_F(LedgerReportTest, EachWindowIsPricedAtItsOwnTime) {
  Carbon carbon = FlatCarbon();
  carbon.power_usage_effectiveness.value = 1;
  carbon.series = std::make_shared<GridSeries>(
      std::vector<GridReading>{{kNoon, 100}, {kNoon + absl::Minutes(5), 700}});
  constexpr double kKwh = 3.6e6;
  Write(TestRun("a"),
        {Known(0, kNoon, kKwh), Known(1, kNoon + absl::Minutes(6), kKwh),
         Known(2, kNoon + absl::Hours(6), kKwh)});
  const LedgerReport report = Report({.by = ReportBy::kHour}, carbon);
  ASSERT_EQ(report.rows.size(), 2u);
  EXPECT_DOUBLE_EQ(report.rows[0].footprint.grams_co2e, 100 + 700);
  EXPECT_EQ(report.rows[0].by_series, Seconds(2));
  // Past the series: the yearly average, and the row says so.
  EXPECT_DOUBLE_EQ(report.rows[1].footprint.grams_co2e, 400);
  EXPECT_EQ(report.rows[1].by_series, Seconds(0));
}

TEST_F(LedgerReportTest, EmbodiedCarbonIsApartAndByTime) {
  Carbon carbon = FlatCarbon();
  Write(TestRun("a"), {Known(0, kNoon, 3.6e6)});
  EXPECT_FALSE(Report({}, carbon).totals[0].embodied_grams.has_value());
  const double operational = Report({}, carbon).totals[0].footprint.grams_co2e;
  carbon.embodied = Embodied{{1461}, {4}};
  const ReportRow row = Report({}, carbon).totals[0];
  EXPECT_DOUBLE_EQ(*row.embodied_grams, 1000.0 / 86400);
  EXPECT_EQ(row.footprint.grams_co2e, operational);
  for (const ReportRow& tenant :
       Report({.by = ReportBy::kTenant}, carbon).rows) {
    EXPECT_FALSE(tenant.embodied_grams.has_value());
  }
}

TEST_F(LedgerReportTest, AnEmptyLedgerHasNoRows) {
  Write(TestRun("a"), {});
  const LedgerReport report = Report({.by = ReportBy::kTenant});
  EXPECT_TRUE(report.rows.empty());
  EXPECT_TRUE(report.totals.empty());
  EXPECT_TRUE(report.runs.empty());
}

TEST_F(LedgerReportTest, RequestsCountEvenIfTheirJoulesAreUnknown) {
  LedgerWindow w = Unknown(0, kNoon, 1);
  w.tenants.push_back({"alice", Joules(0), Joules(0), 2, 30});
  Write(TestRun("a"), {w});
  const LedgerReport report = Report({.by = ReportBy::kTenant});
  ASSERT_EQ(report.rows.size(), 1u);
  EXPECT_EQ(report.rows[0].requests, 2);
  EXPECT_EQ(report.rows[0].known, Seconds(0));
  EXPECT_EQ(report.rows[0].start, kNoon);
}

}  // namespace
}  // namespace mj
