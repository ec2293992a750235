#include "engine/energy/ledger_merger.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/energy/ledger_schema.h"

namespace mj {
namespace {

constexpr int64_t kHour = 3600;  // seconds

// Hours of which more is left than a row a kind. Numbers ascend with time, so a
// run's rows are read no further than to its first that is too young.
constexpr const char* kFindHours = R"sql(
SELECT run, CAST(windows.start / 3600 AS INTEGER) AS hour,
       MIN(number), MAX(number)
FROM runs CROSS JOIN windows USING(run)
WHERE number < IFNULL((SELECT number FROM windows AS young
                       WHERE young.run = runs.run AND young.start >= ?1
                       ORDER BY number LIMIT 1), 9e18)
GROUP BY run, hour
HAVING COUNT(*) > COUNT(DISTINCT IFNULL(unknown, '') || (lost_seconds > 0)))sql";

// Each window's `kept` is the number of the row that it becomes part of: the
// last of its kind. Of those that wait, the last reaches from the latest good
// reading on.
constexpr const char* kMerge = R"sql(
BEGIN IMMEDIATE;
CREATE TEMP TABLE IF NOT EXISTS merged(
  number INTEGER PRIMARY KEY, kept INTEGER NOT NULL);
DELETE FROM merged;
INSERT INTO merged
SELECT number, MAX(number) OVER (PARTITION BY unknown, lost_seconds > 0)
FROM windows
WHERE run = :run AND number BETWEEN :first AND :last
      AND CAST(start / 3600 AS INTEGER) = :hour;

REPLACE INTO windows
SELECT run, kept,
       IIF(SUM(lost_seconds) = 0 AND unknown IS NOT NULL,
           MAX(start), MIN(start)),
       IIF(SUM(lost_seconds) = 0 AND unknown IS NOT NULL,
           MAX(end), MIN(start) + SUM(end - start)),
       unknown, SUM(lost_seconds), AVG(scale), SUM(prefill), SUM(decode),
       SUM(idle), SUM(overhead), SUM(count)
FROM windows JOIN merged USING(number) WHERE run = :run GROUP BY kept;
REPLACE INTO waste
SELECT run, kept, reason, SUM(joules)
FROM waste JOIN merged USING(number) WHERE run = :run GROUP BY kept, reason;
REPLACE INTO tenant_windows
SELECT run, kept, tenant, SUM(prefill), SUM(decode), SUM(requests),
       SUM(output_tokens)
FROM tenant_windows JOIN merged USING(number) WHERE run = :run
GROUP BY kept, tenant;

DELETE FROM merged WHERE number = kept;
DELETE FROM windows
WHERE run = :run AND number IN (SELECT number FROM merged);
DELETE FROM waste WHERE run = :run AND number IN (SELECT number FROM merged);
DELETE FROM tenant_windows
WHERE run = :run AND number IN (SELECT number FROM merged);
COMMIT)sql";

}  // namespace

absl::StatusOr<bool> LedgerMerger::MergeOne(absl::Time before) {
  const auto hour = static_cast<int64_t>(std::floor(ToUnix(before) / kHour));
  if (hours_.empty() && hour > searched_) {
    if (absl::Status found = FindHours(hour); !found.ok()) return found;
    searched_ = hour;
  }
  if (hours_.empty()) return false;
  if (absl::Status merged = Merge(hours_.front()); !merged.ok()) return merged;
  hours_.pop_front();
  return true;
}

absl::Status LedgerMerger::FindHours(int64_t before) {
  absl::StatusOr<SqliteStatement> query = db_.Prepare(kFindHours);
  if (!query.ok()) return query.status();
  query->Bind(1, before * kHour);
  std::deque<Hour> hours;
  for (;;) {
    const absl::StatusOr<bool> row = query->Next();
    if (!row.ok()) return row.status();
    if (!*row) break;
    hours.push_back({query->Integer(0), query->Integer(1), query->Integer(2),
                     query->Integer(3)});
  }
  hours_ = std::move(hours);
  return absl::OkStatus();
}

absl::Status LedgerMerger::Merge(const Hour& hour) {
  const std::string sql =
      absl::StrReplaceAll(kMerge, {{":run", absl::StrCat(hour.run)},
                                   {":first", absl::StrCat(hour.first)},
                                   {":last", absl::StrCat(hour.last)},
                                   {":hour", absl::StrCat(hour.hour)}});
  const absl::Status status = db_.Run(sql.c_str());
  if (!status.ok()) db_.Run("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace mj
