// Reads a durable ledger as of the moment of the first question, also while
// servers write it. One thread; not for long, as it keeps the log from being
// folded in.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_READER_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/energy/ledger_rows.h"
#include "engine/energy/sqlite.h"

namespace mj {

class LedgerReader final {
 public:
  // NOT_FOUND: no file, or one without a ledger; else as CheckLedgerSchema.
  static absl::StatusOr<LedgerReader> Open(const std::string& path);

  // By ascending start. Errors (here and below): Sqlite's.
  absl::StatusOr<std::vector<LedgerRun>> Runs();

  struct Range {
    // Of the windows' starts: [since, until).
    absl::Time since = absl::InfinitePast();
    absl::Time until = absl::InfiniteFuture();
  };
  // Every window of the range, by run, then number.
  absl::Status ForEachWindow(
      const Range& range,
      const std::function<void(const std::string& run_id,
                               const LedgerWindow& window)>& visit);

 private:
  explicit LedgerReader(Sqlite db);

  // Behind a pointer: statements know where it is.
  std::unique_ptr<Sqlite> db_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_READER_H_
