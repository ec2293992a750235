#include "engine/energy/ledger_schema.h"

#include <chrono>
#include <cmath>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr int64_t kApplicationId = 0x4D6A4C31;  // "MjL1", for file(1)

constexpr const char* kTables = R"sql(
CREATE TABLE runs(
  run INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  start REAL NOT NULL,
  build_commit TEXT NOT NULL, cpu TEXT NOT NULL, isa TEXT NOT NULL,
  numerics TEXT NOT NULL,
  model TEXT NOT NULL, model_fingerprint TEXT NOT NULL,
  method TEXT NOT NULL, domain TEXT NOT NULL, calibration TEXT NOT NULL);
CREATE TABLE windows(
  run INTEGER NOT NULL REFERENCES runs(run),
  number INTEGER NOT NULL,
  start REAL NOT NULL, end REAL NOT NULL,
  unknown TEXT,
  lost_seconds REAL NOT NULL,
  scale REAL, prefill REAL, decode REAL, idle REAL, overhead REAL,
  count INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE waste(
  run INTEGER NOT NULL, number INTEGER NOT NULL,
  reason TEXT NOT NULL,
  joules REAL NOT NULL,
  PRIMARY KEY(run, number, reason)) WITHOUT ROWID;
CREATE TABLE tenant_windows(
  run INTEGER NOT NULL, number INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  prefill REAL, decode REAL,
  requests INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  PRIMARY KEY(run, number, tenant)) WITHOUT ROWID;
)sql";

absl::Status CreateTables(Sqlite& db) {
  absl::Status status = db.Run(kTables);
  status.Update(
      db.Run(absl::StrCat("PRAGMA application_id=", kApplicationId,
                          "; PRAGMA user_version=", kLedgerSchemaVersion, ";")
                 .c_str()));
  return status;
}

// REQUIRES: a transaction
absl::Status Upgrade(Sqlite& db) {
  const absl::StatusOr<int64_t> version = LedgerVersion(db);
  if (!version.ok()) return version.status();
  if (*version == kLedgerSchemaVersion) return absl::OkStatus();
  return db.Run(
      "ALTER TABLE windows ADD COLUMN count INTEGER NOT NULL DEFAULT 1;"
      "PRAGMA user_version=2");
}

// Writers and readers do not wait for each other then, and whatever a process
// wrote survives its death. Outside of transactions only.
absl::Status KeepWriteAheadLog(Sqlite& db) {
  constexpr int kTries = 200;
  constexpr std::chrono::milliseconds kPause(10);
  absl::StatusOr<std::string> mode = db.Text("PRAGMA journal_mode=WAL");
  // Here SQLite does not wait for another process that does the same.
  for (int i = 0; i < kTries && absl::IsUnavailable(mode.status()); ++i) {
    std::this_thread::sleep_for(kPause);
    mode = db.Text("PRAGMA journal_mode=WAL");
  }
  if (!mode.ok()) return mode.status();
  if (*mode == "wal") return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      db.path(), ": its file system keeps no write-ahead log (mode ", *mode,
      "); choose a local one"));
}

// REQUIRES: a transaction, or another process may make tables in between.
absl::Status CheckContents(Sqlite& db) {
  const absl::StatusOr<int64_t> id = db.Integer("PRAGMA application_id");
  if (!id.ok()) return id.status();
  const absl::StatusOr<int64_t> version = LedgerVersion(db);
  if (!version.ok()) return version.status();
  const absl::StatusOr<int64_t> tables =
      db.Integer("SELECT COUNT(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  if (*id == 0 && *version == 0 && *tables == 0) {
    return absl::NotFoundError(
        absl::StrCat(db.path(), ": is empty, holds no ledger"));
  }
  if (*id != kApplicationId) {
    return absl::FailedPreconditionError(absl::StrCat(
        db.path(), ": is a database of something else, no energy ledger"));
  }
  if (*version > kLedgerSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        db.path(), ": is a ledger of schema version ", *version,
        ", written by a newer millijoule; this one knows up to version ",
        kLedgerSchemaVersion));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLedgerSchema(Sqlite& db) {
  absl::Status status = db.Run("BEGIN");
  if (!status.ok()) return status;
  status = CheckContents(db);
  status.Update(db.Run("COMMIT"));
  return status;
}

absl::StatusOr<int64_t> LedgerVersion(Sqlite& db) {
  return db.Integer("PRAGMA user_version");
}

absl::Status MakeLedgerSchema(Sqlite& db) {
  absl::Status status = CheckLedgerSchema(db);
  if (status.ok()) {
    const absl::StatusOr<int64_t> version = LedgerVersion(db);
    if (!version.ok() || *version == kLedgerSchemaVersion) {
      return version.status();
    }
  } else if (!absl::IsNotFound(status)) {
    return status;
  }
  status = KeepWriteAheadLog(db);
  if (status.ok()) status = db.Run("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  status = CheckContents(db);  // another may have been faster
  if (absl::IsNotFound(status)) {
    status = CreateTables(db);
  } else if (status.ok()) {
    status = Upgrade(db);
  }
  if (status.ok()) status = db.Run("COMMIT");
  if (!status.ok()) db.Run("ROLLBACK").IgnoreError();
  return status;
}

double ToUnix(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

absl::Time FromUnix(double seconds) {
  return absl::FromUnixMicros(std::llround(seconds * 1e6));
}

}  // namespace mj
