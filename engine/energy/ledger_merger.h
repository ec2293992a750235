// Keeps a ledger from growing without end: the windows of one run that start in
// one hour become one row, once they are old enough. What a report adds up by
// tenant, model, run or hour stays: joules, waste, requests, tokens, known and
// unknown time. What is lost is when in that hour, and so carbon is that of the
// hour's mean intensity.
//
// Known windows become one that is as long as they were together. Of unknown
// ones there is a row for each reason; those that wait for the next good
// reading (ledger_rows.h) reach as far as the last of them, and stay apart.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_MERGER_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_MERGER_H_

#include <cstdint>
#include <deque>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/energy/sqlite.h"

namespace mj {

// One thread, which owns the connection too.
class LedgerMerger final {
 public:
  explicit LedgerMerger(Sqlite& db) : db_(db) {}

  // One hour of one run in a transaction, of hours that end before `before`;
  // false: none is left, which costs nothing until an hour later. Errors:
  // Sqlite's; then nothing has changed.
  absl::StatusOr<bool> MergeOne(absl::Time before);

 private:
  struct Hour {
    int64_t run = 0, hour = 0;    // hours since 1970
    int64_t first = 0, last = 0;  // numbers of its windows
  };

  absl::Status FindHours(int64_t before);
  absl::Status Merge(const Hour& hour);

  Sqlite& db_;
  int64_t searched_ = 0;  // all before this hour are merged, or in hours_
  std::deque<Hour> hours_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_MERGER_H_
