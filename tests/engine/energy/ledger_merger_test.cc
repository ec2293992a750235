#include "engine/energy/ledger_merger.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "engine/energy/ledger_report.h"
#include "engine/energy/ledger_store.h"
#include "tests/fakes/ledger_windows.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

void ExpectSame(const ReportRow& got, const ReportRow& want) {
  SCOPED_TRACE(want.key);
  EXPECT_EQ(got.key, want.key);
  for (const auto field : {&ReportRow::prefill, &ReportRow::decode,
                           &ReportRow::idle, &ReportRow::overhead}) {
    EXPECT_NEAR((got.*field).value(), (want.*field).value(),
                1e-9 * want.sum().value());
  }
  EXPECT_NEAR(got.footprint.grams_co2e, want.footprint.grams_co2e,
              1e-9 * want.footprint.grams_co2e);
  EXPECT_EQ(got.wasted.size(), want.wasted.size());
  for (const auto& [reason, energy] : want.wasted) {
    EXPECT_NEAR(got.wasted.at(reason).value(), energy.value(),
                1e-9 * energy.value());
  }
  EXPECT_EQ(got.requests, want.requests);
  EXPECT_EQ(got.output_tokens, want.output_tokens);
  if (want.line != ReportLine::kTenant) {  // theirs is of whole windows
    EXPECT_NEAR(got.known.count(), want.known.count(), 1e-3);
    EXPECT_NEAR(got.unknown.count(), want.unknown.count(), 1e-3);
  }
}

class LedgerMergerTest : public testing::Test {
 protected:
  // Two runs beside each other, of 75 minutes each; some windows are lost.
  void Fill() {
    store_ = *LedgerStore::Open(path_);
    for (const char* run : {"run-1", "run-2"}) {
      ASSERT_TRUE(store_->SetRun(TestRun(run)).ok());
      std::mt19937 random(run[4]);
      for (const LedgerWindow& w : RandomWindows(random, 4500)) {
        if (w.number % 1000 == 7) continue;
        ASSERT_TRUE(store_->Append(w).ok());
      }
    }
  }
  LedgerReport Report(ReportBy by) {
    absl::StatusOr<LedgerReader> reader = LedgerReader::Open(path_);
    EXPECT_TRUE(reader.ok()) << reader.status();
    Carbon carbon;
    absl::StatusOr<LedgerReport> report =
        MakeLedgerReport(*reader, {.by = by, .split_runs = true}, carbon);
    EXPECT_TRUE(report.ok()) << report.status();
    return *std::move(report);
  }
  int NumRows() {
    absl::StatusOr<LedgerReader> reader = LedgerReader::Open(path_);
    int rows = 0;
    const absl::Status status = reader->ForEachWindow(
        {}, [&](const std::string&, const LedgerWindow&) { ++rows; });
    EXPECT_TRUE(status.ok()) << status;
    return rows;
  }
  int MergeAll(absl::Time before) {
    for (int hours = 0;; ++hours) {
      const absl::StatusOr<bool> merged = store_->MergeOne(before);
      EXPECT_TRUE(merged.ok()) << merged.status();
      if (!merged.ok() || !*merged) return hours;
    }
  }

  const TempFolder folder_;
  const std::string path_ = folder_.path() + "/energy.db";
  std::unique_ptr<LedgerStore> store_;
};

TEST_F(LedgerMergerTest, ReportsStayAsTheyWere) {
  Fill();
  const ReportBy all[] = {ReportBy::kTotal, ReportBy::kTenant, ReportBy::kModel,
                          ReportBy::kHour};
  std::vector<LedgerReport> before;
  for (ReportBy by : all) before.push_back(Report(by));
  ASSERT_GT(before[0].unknown_windows, 100);
  ASSERT_GT(before[0].totals[0].unknown, Seconds(50));
  EXPECT_EQ(before[0].missing_windows, 10);
  EXPECT_EQ(MergeAll(kNoon + absl::Minutes(75)), 2) << "an hour of two runs";
  // An hour is a row of known windows, of lost and of waiting ones.
  EXPECT_LT(NumRows(), 2 * (3 + 900));
  EXPECT_GT(NumRows(), 2 * 850) << "the last hour is not over";
  for (size_t i = 0; i < before.size(); ++i) {
    const LedgerReport after = Report(all[i]);
    ASSERT_EQ(after.rows.size(), before[i].rows.size());
    for (size_t r = 0; r < after.rows.size(); ++r) {
      ExpectSame(after.rows[r], before[i].rows[r]);
    }
    ASSERT_EQ(after.totals.size(), before[i].totals.size());
    ExpectSame(after.totals[0], before[i].totals[0]);
    EXPECT_EQ(after.windows, before[i].windows);
    EXPECT_EQ(after.unknown_windows, before[i].unknown_windows);
    EXPECT_EQ(after.unknown_reasons, before[i].unknown_reasons);
    EXPECT_EQ(after.missing_windows, before[i].missing_windows);
  }
}

TEST_F(LedgerMergerTest, WhatIsMergedStaysUntilAnotherHourIsOldEnough) {
  Fill();
  EXPECT_EQ(MergeAll(kNoon + absl::Minutes(59)), 0);
  EXPECT_EQ(MergeAll(kNoon + absl::Minutes(119)), 2);
  EXPECT_EQ(MergeAll(kNoon + absl::Minutes(119)), 0);
  EXPECT_EQ(MergeAll(kNoon + absl::Hours(3)), 2);
  const int rows = NumRows();
  EXPECT_LE(rows, 2 * 2 * 3);
  store_ = *LedgerStore::Open(path_);
  EXPECT_EQ(MergeAll(kNoon + absl::Hours(9)), 0) << "as after a restart";
  EXPECT_EQ(NumRows(), rows);
}

TEST_F(LedgerMergerTest, ALedgerOfVersionOneGrowsAColumn) {
  Fill();
  store_.reset();
  {
    absl::StatusOr<Sqlite> db =
        Sqlite::Open(path_, Sqlite::Mode::kCreate, Seconds(1));
    const absl::Status old = db->Run(
        "ALTER TABLE windows DROP COLUMN count; "
        "PRAGMA user_version=1");
    ASSERT_TRUE(old.ok()) << old;
  }
  const LedgerReport before = Report(ReportBy::kHour);  // reads it as it is
  EXPECT_EQ(before.windows, 2 * 4495);
  store_ = *LedgerStore::Open(path_);
  EXPECT_EQ(MergeAll(kNoon + absl::Hours(9)), 4);
  const LedgerReport after = Report(ReportBy::kHour);
  EXPECT_EQ(after.windows, before.windows);
  ASSERT_EQ(after.rows.size(), before.rows.size());
  ExpectSame(after.rows[0], before.rows[0]);
}

}  // namespace
}  // namespace mj
