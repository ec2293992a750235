#include "engine/energy/ledger_store.h"

#include <sys/stat.h>

#include <cassert>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/energy/ledger_schema.h"

namespace mj {
namespace {

constexpr Seconds kPatience(5);  // for another writer's transaction

constexpr const char* kInsertRun = R"sql(
INSERT INTO runs(id, start, build_commit, cpu, isa, numerics, model,
                 model_fingerprint, method, domain, calibration)
VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT DO NOTHING)sql";
constexpr const char* kInsertWindow = R"sql(
INSERT INTO windows(run, number, start, end, unknown, lost_seconds, scale,
                    prefill, decode, idle, overhead)
VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT DO NOTHING)sql";
constexpr const char* kInsertWaste =
    "INSERT INTO waste(run, number, reason, joules) VALUES(?1, ?2, ?3, ?4)";
constexpr const char* kInsertTenant = R"sql(
INSERT INTO tenant_windows(run, number, tenant, prefill, decode, requests,
                           output_tokens)
VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7))sql";

// Unknown is NULL, never 0.
void BindJoules(SqliteStatement& statement, int index, bool known,
                Joules energy) {
  if (known) {
    statement.Bind(index, energy.value());
  } else {
    statement.BindNull(index);
  }
}

// {0, 0} where there is no such file.
std::pair<uint64_t, uint64_t> IdentityOf(const std::string& path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) != 0) return {0, 0};
  return {facts.st_dev, facts.st_ino};
}

absl::Status MakeFolders(const std::string& path) {
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  if (folder.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("cannot make the folder ",
                                                  folder.string(), " of ", path,
                                                  ": ", error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerStore>> LedgerStore::Open(
    const std::string& path) {
  if (absl::Status s = MakeFolders(path); !s.ok()) return s;
  if (std::error_code error; std::filesystem::is_directory(path, error)) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, " is a folder; a file is needed"));
  }
  absl::StatusOr<Sqlite> db =
      Sqlite::Open(path, Sqlite::Mode::kCreate, kPatience);
  if (!db.ok()) return db.status();
  std::unique_ptr<LedgerStore> store(new LedgerStore(*std::move(db)));
  if (absl::Status s = store->Prepare(); !s.ok()) return s;
  return store;
}

absl::Status LedgerStore::Prepare() {
  absl::Status status = MakeLedgerSchema(db_);
  // Synchronised when the log is folded in: a power failure may take the last
  // windows, and nothing else.
  if (status.ok()) status = db_.Run("PRAGMA synchronous=NORMAL");
  // A window takes some 100 bytes of the file, but 12 KiB of the log: fold it
  // in after 256 KiB, twice a minute, so that a small disk holds many windows.
  if (status.ok()) status = db_.Run("PRAGMA wal_autocheckpoint=64");
  if (!status.ok()) return status;
  const std::pair<const char*, std::unique_ptr<SqliteStatement>*> all[] = {
      {kInsertWindow, &insert_window_},
      {kInsertWaste, &insert_waste_},
      {kInsertTenant, &insert_tenant_}};
  for (const auto& [sql, statement] : all) {
    absl::StatusOr<SqliteStatement> prepared = db_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = std::make_unique<SqliteStatement>(*std::move(prepared));
  }
  identity_ = IdentityOf(db_.path());
  return absl::OkStatus();
}

absl::Status LedgerStore::SetRun(const LedgerRun& run) {
  absl::StatusOr<SqliteStatement> insert = db_.Prepare(kInsertRun);
  if (!insert.ok()) return insert.status();
  int index = 0;
  insert->Bind(++index, run.id);
  insert->Bind(++index, ToUnix(run.start));
  for (const std::string* text :
       {&run.commit, &run.cpu, &run.isa, &run.numerics, &run.model,
        &run.model_fingerprint, &run.method, &run.domain, &run.calibration}) {
    insert->Bind(++index, *text);
  }
  if (absl::Status s = insert->Run(); !s.ok()) return s;
  absl::StatusOr<SqliteStatement> find =
      db_.Prepare("SELECT run FROM runs WHERE id = ?1");
  if (!find.ok()) return find.status();
  find->Bind(1, run.id);
  const absl::StatusOr<bool> found = find->Next();
  if (!found.ok()) return found.status();
  assert(*found);
  run_ = find->Integer(0);
  return absl::OkStatus();
}

absl::Status LedgerStore::Append(const LedgerWindow& window) {
  assert(run_ != 0);
  absl::Status status = db_.Run("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  status = InTransaction(window);
  if (status.ok()) status = db_.Run("COMMIT");
  // A full disk may have rolled back by itself.
  if (!status.ok()) db_.Run("ROLLBACK").IgnoreError();
  return status;
}

absl::Status LedgerStore::InTransaction(const LedgerWindow& window) {
  const absl::StatusOr<bool> is_new = InsertWindow(window);
  if (!is_new.ok()) return is_new.status();
  return *is_new ? InsertParts(window) : absl::OkStatus();
}

absl::StatusOr<bool> LedgerStore::InsertWindow(const LedgerWindow& window) {
  SqliteStatement& insert = *insert_window_;
  insert.Bind(1, run_);
  insert.Bind(2, window.number);
  insert.Bind(3, ToUnix(window.start));
  insert.Bind(4, ToUnix(window.end));
  if (window.known()) {
    insert.BindNull(5);
    insert.Bind(7, window.scale);
  } else {
    insert.Bind(5, window.unknown);
    insert.BindNull(7);
  }
  insert.Bind(6, window.lost.count());
  BindJoules(insert, 8, window.known(), window.prefill);
  BindJoules(insert, 9, window.known(), window.decode);
  BindJoules(insert, 10, window.known(), window.idle);
  BindJoules(insert, 11, window.known(), window.overhead);
  if (absl::Status s = insert.Run(); !s.ok()) return s;
  return db_.num_changed() == 1;
}

absl::Status LedgerStore::InsertParts(const LedgerWindow& window) {
  for (const auto& [reason, energy] : window.wasted) {
    insert_waste_->Bind(1, run_);
    insert_waste_->Bind(2, window.number);
    insert_waste_->Bind(3, reason);
    insert_waste_->Bind(4, energy.value());
    if (absl::Status s = insert_waste_->Run(); !s.ok()) return s;
  }
  for (const LedgerTenant& tenant : window.tenants) {
    insert_tenant_->Bind(1, run_);
    insert_tenant_->Bind(2, window.number);
    insert_tenant_->Bind(3, tenant.tenant);
    BindJoules(*insert_tenant_, 4, window.known(), tenant.prefill);
    BindJoules(*insert_tenant_, 5, window.known(), tenant.decode);
    insert_tenant_->Bind(6, tenant.requests);
    insert_tenant_->Bind(7, tenant.output_tokens);
    if (absl::Status s = insert_tenant_->Run(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

bool LedgerStore::vanished() const {
  return IdentityOf(db_.path()) != identity_;
}

}  // namespace mj
