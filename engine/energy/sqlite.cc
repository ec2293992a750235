#include "engine/energy/sqlite.h"

#include <sqlite3.h>

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

absl::StatusCode CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xFF) {  // without its extension
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

// Waits for no one: statements are gone by then.
void Sqlite::Closer::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

absl::StatusOr<Sqlite> Sqlite::Open(const std::string& path, Mode mode,
                                    Seconds patience) {
  Sqlite result(path);
  const int flags =
      SQLITE_OPEN_NOMUTEX |
      (mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY
                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  result.db_.reset(db);
  if (absl::Status s = result.Check(code); !s.ok()) return s;
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, static_cast<int>(patience.count() * 1000));
  return result;
}

absl::Status Sqlite::Check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) {
    return absl::OkStatus();
  }
  const char* more = db_ == nullptr ? "" : sqlite3_errmsg(db_.get());
  const char* what = sqlite3_errstr(code);
  std::string message = absl::StrCat(path_, ": ", what);
  if (more != std::string_view(what) && *more != '\0') {
    absl::StrAppend(&message, " (", more, ")");
  }
  return absl::Status(CodeOf(code), message);
}

absl::Status Sqlite::Run(const char* sql) {
  return Check(sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr));
}

absl::StatusOr<SqliteStatement> Sqlite::Prepare(const char* sql) {
  SqliteStatement result(this);
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr);
  result.statement_.reset(statement);
  if (absl::Status s = Check(code); !s.ok()) return s;
  return result;
}

absl::StatusOr<int64_t> Sqlite::Integer(const char* sql) {
  absl::StatusOr<SqliteStatement> query = Prepare(sql);
  if (!query.ok()) return query.status();
  const absl::StatusOr<bool> row = query->Next();
  if (!row.ok()) return row.status();
  assert(*row);
  return query->Integer(0);
}

absl::StatusOr<std::string> Sqlite::Text(const char* sql) {
  absl::StatusOr<SqliteStatement> query = Prepare(sql);
  if (!query.ok()) return query.status();
  const absl::StatusOr<bool> row = query->Next();
  if (!row.ok()) return row.status();
  assert(*row);
  return query->Text(0);
}

int Sqlite::num_changed() const { return sqlite3_changes(db_.get()); }

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void SqliteStatement::Bind(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
}

void SqliteStatement::Bind(int index, const std::string& value) {
  sqlite3_bind_text(statement_.get(), index, value.data(),
                    static_cast<int>(value.size()), SQLITE_TRANSIENT);
}

void SqliteStatement::BindNull(int index) {
  sqlite3_bind_null(statement_.get(), index);
}

absl::Status SqliteStatement::Run() {
  const absl::Status status = db_->Check(sqlite3_step(statement_.get()));
  sqlite3_reset(statement_.get());
  return status;
}

absl::StatusOr<bool> SqliteStatement::Next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  const absl::Status status = db_->Check(code);
  sqlite3_reset(statement_.get());
  if (!status.ok()) return status;
  return false;
}

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::Real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string SqliteStatement::Text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return "";
  return {reinterpret_cast<const char*>(text),
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

}  // namespace mj
