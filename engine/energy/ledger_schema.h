// How a ledger lies in its SQLite file.
//
//   runs            one life of one server, its provenance
//   windows         (run, number): joules of one meter window; NULL: unknown.
//                   `count` since version 2: windows it is the sum of
//   waste           (run, number, reason): part of a window's joules
//   tenant_windows  (run, number, tenant): part of a window's joules
//
// Times are seconds since 1970 (UTC), energies joules.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_SCHEMA_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/energy/sqlite.h"

namespace mj {

inline constexpr int kLedgerSchemaVersion = 2;

// FAILED_PRECONDITION: a database of something else, or a ledger of a newer
// version. NOT_FOUND: empty, as no ledger has been made in it.
absl::Status CheckLedgerSchema(Sqlite& db);
// Of one that has passed the check.
absl::StatusOr<int64_t> LedgerVersion(Sqlite& db);

// Makes what is not there yet, and an older ledger one of this version; other
// processes may do the same at that time.
// Errors as CheckLedgerSchema, or Sqlite's.
absl::Status MakeLedgerSchema(Sqlite& db);

double ToUnix(absl::Time time);
absl::Time FromUnix(double seconds);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_SCHEMA_H_
