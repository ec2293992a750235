// A connection to an SQLite file, with absl's errors: RESOURCE_EXHAUSTED for a
// full disk, UNAVAILABLE for a lock that others hold or an input/output error,
// PERMISSION_DENIED where it may not be read or written, DATA_LOSS for a file
// that is damaged or no database, INTERNAL else. Each names the file. Not
// thread-safe.
#ifndef MILLIJOULE_ENGINE_ENERGY_SQLITE_H_
#define MILLIJOULE_ENGINE_ENERGY_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mj {

class SqliteStatement;

class Sqlite final {
 public:
  enum class Mode { kReadOnly, kCreate };

  // Waits up to `patience` for others' locks, here and later.
  static absl::StatusOr<Sqlite> Open(const std::string& path, Mode mode,
                                     Seconds patience);

  // Statements without parameters or results.
  absl::Status Run(const char* sql);
  // The first column of the first row. REQUIRES: there is one.
  absl::StatusOr<int64_t> Integer(const char* sql);
  absl::StatusOr<std::string> Text(const char* sql);
  absl::StatusOr<SqliteStatement> Prepare(const char* sql);
  int num_changed() const;  // rows, by the latest statement
  const std::string& path() const { return path_; }

 private:
  friend class SqliteStatement;
  struct Closer {
    void operator()(sqlite3* db) const;
  };
  explicit Sqlite(std::string path) : path_(std::move(path)) {}
  absl::Status Check(int code) const;

  std::string path_;
  std::unique_ptr<sqlite3, Closer> db_;
};

// Its connection must outlive it, in the same place.
class SqliteStatement final {
 public:
  // Parameters count from 1.
  void Bind(int index, int64_t value);
  void Bind(int index, double value);
  void Bind(int index, const std::string& value);
  void BindNull(int index);

  // Runs a statement without results, and makes it ready for the next.
  absl::Status Run();
  // To the next row; false, and ready to run again, after the last.
  absl::StatusOr<bool> Next();
  // Columns count from 0.
  bool IsNull(int column) const;
  int64_t Integer(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;

 private:
  friend class Sqlite;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(const Sqlite* db) : db_(db) {}

  const Sqlite* db_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_SQLITE_H_
