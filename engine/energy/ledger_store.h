// The durable ledger: windows of joules in an SQLite file (ledger_schema.h).
//
// A window and its parts are one transaction under a unique key, so that a
// killed process leaves whole windows and none is counted twice. WAL: what was
// committed survives kill -9, and reports read it meanwhile. Several processes
// may write one file without harm to it; whether they should, ledger_lock.h
// says. One thread owns a store.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_STORE_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/energy/ledger_merger.h"
#include "engine/energy/ledger_rows.h"
#include "engine/energy/sqlite.h"

namespace mj {

class LedgerStore final {
 public:
  // Makes the file and its folders as needed. Errors as MakeLedgerSchema.
  static absl::StatusOr<std::unique_ptr<LedgerStore>> Open(
      const std::string& path);

  // The run that windows belong to from now on; known already: the same.
  // Errors (here and below): Sqlite's; then nothing has changed.
  absl::Status SetRun(const LedgerRun& run);
  // A window number that the run has already: OK, and nothing changes.
  // REQUIRES: SetRun has succeeded.
  absl::Status Append(const LedgerWindow& window);
  // As LedgerMerger's.
  absl::StatusOr<bool> MergeOne(absl::Time before) {
    return merger_.MergeOne(before);
  }

  // The path names this file no more (removed or replaced): what is appended
  // now goes where nobody looks.
  bool vanished() const;

 private:
  explicit LedgerStore(Sqlite db) : db_(std::move(db)), merger_(db_) {}
  absl::Status Prepare();
  absl::Status InTransaction(const LedgerWindow& window);
  absl::StatusOr<bool> InsertWindow(const LedgerWindow& window);
  absl::Status InsertParts(const LedgerWindow& window);

  Sqlite db_;
  LedgerMerger merger_;
  std::unique_ptr<SqliteStatement> insert_window_, insert_waste_,
      insert_tenant_;
  std::pair<uint64_t, uint64_t> identity_;  // device and inode
  int64_t run_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_STORE_H_
