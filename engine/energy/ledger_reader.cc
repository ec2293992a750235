#include "engine/energy/ledger_reader.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "engine/energy/ledger_schema.h"

namespace mj {
namespace {

constexpr Seconds kPatience(5);

constexpr const char* kRuns = R"sql(
SELECT id, start, build_commit, cpu, isa, numerics, model, model_fingerprint,
       method, domain, calibration
FROM runs ORDER BY start, run)sql";
constexpr const char* kWindows = R"sql(
SELECT run, id, number, windows.start, end, unknown, lost_seconds, scale,
       prefill, decode, idle, overhead, $0
FROM windows JOIN runs USING(run)
WHERE windows.start >= ?1 AND windows.start < ?2 ORDER BY run, number)sql";
constexpr const char* kWaste =
    "SELECT reason, joules FROM waste WHERE run = ?1 AND number = ?2";
constexpr const char* kTenants = R"sql(
SELECT tenant, prefill, decode, requests, output_tokens
FROM tenant_windows WHERE run = ?1 AND number = ?2 ORDER BY tenant)sql";

LedgerWindow WindowOf(const SqliteStatement& row) {
  LedgerWindow window;
  window.number = row.Integer(2);
  window.start = FromUnix(row.Real(3));
  window.end = FromUnix(row.Real(4));
  window.unknown = row.Text(5);
  window.lost = Seconds(row.Real(6));
  window.scale = row.Real(7);
  window.prefill = Joules(row.Real(8));
  window.decode = Joules(row.Real(9));
  window.idle = Joules(row.Real(10));
  window.overhead = Joules(row.Real(11));
  window.count = row.Integer(12);
  return window;
}

// Each row of the part `query` that belongs to a window.
absl::Status ForEachPart(SqliteStatement& query, int64_t run, int64_t number,
                         const std::function<void()>& visit) {
  query.Bind(1, run);
  query.Bind(2, number);
  for (;;) {
    const absl::StatusOr<bool> row = query.Next();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    visit();
  }
}

struct Queries {
  SqliteStatement windows, waste, tenants;

  absl::Status ReadParts(int64_t run, LedgerWindow& window) {
    absl::Status status = ForEachPart(waste, run, window.number, [&] {
      window.wasted[waste.Text(0)] = Joules(waste.Real(1));
    });
    if (!status.ok()) return status;
    return ForEachPart(tenants, run, window.number, [&] {
      window.tenants.push_back({tenants.Text(0), Joules(tenants.Real(1)),
                                Joules(tenants.Real(2)), tenants.Integer(3),
                                tenants.Integer(4)});
    });
  }
};

absl::StatusOr<Queries> PrepareQueries(Sqlite& db) {
  const absl::StatusOr<int64_t> version = LedgerVersion(db);
  if (!version.ok()) return version.status();
  const std::string sql =
      absl::Substitute(kWindows, *version > 1 ? "count" : "1");
  absl::StatusOr<SqliteStatement> windows = db.Prepare(sql.c_str());
  if (!windows.ok()) return windows.status();
  absl::StatusOr<SqliteStatement> waste = db.Prepare(kWaste);
  if (!waste.ok()) return waste.status();
  absl::StatusOr<SqliteStatement> tenants = db.Prepare(kTenants);
  if (!tenants.ok()) return tenants.status();
  return Queries{*std::move(windows), *std::move(waste), *std::move(tenants)};
}

}  // namespace

LedgerReader::LedgerReader(Sqlite db)
    : db_(std::make_unique<Sqlite>(std::move(db))) {}

absl::StatusOr<LedgerReader> LedgerReader::Open(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrCat("there is no energy ledger at ", path));
  }
  absl::StatusOr<Sqlite> db =
      Sqlite::Open(path, Sqlite::Mode::kReadOnly, kPatience);
  if (!db.ok()) return db.status();
  if (absl::Status s = CheckLedgerSchema(*db); !s.ok()) return s;
  if (absl::Status s = db->Run("BEGIN"); !s.ok()) return s;
  return LedgerReader(*std::move(db));
}

absl::StatusOr<std::vector<LedgerRun>> LedgerReader::Runs() {
  absl::StatusOr<SqliteStatement> query = db_->Prepare(kRuns);
  if (!query.ok()) return query.status();
  std::vector<LedgerRun> runs;
  for (;;) {
    const absl::StatusOr<bool> row = query->Next();
    if (!row.ok()) return row.status();
    if (!*row) return runs;
    LedgerRun run;
    run.id = query->Text(0);
    run.start = FromUnix(query->Real(1));
    int column = 1;
    for (std::string* text :
         {&run.commit, &run.cpu, &run.isa, &run.numerics, &run.model,
          &run.model_fingerprint, &run.method, &run.domain, &run.calibration}) {
      *text = query->Text(++column);
    }
    runs.push_back(std::move(run));
  }
}

absl::Status LedgerReader::ForEachWindow(
    const Range& range,
    const std::function<void(const std::string&, const LedgerWindow&)>& visit) {
  absl::StatusOr<Queries> queries = PrepareQueries(*db_);
  if (!queries.ok()) return queries.status();
  SqliteStatement& windows = queries->windows;
  windows.Bind(1, ToUnix(range.since));
  windows.Bind(2, ToUnix(range.until));
  for (;;) {
    const absl::StatusOr<bool> row = windows.Next();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    LedgerWindow window = WindowOf(windows);
    const int64_t run = windows.Integer(0);
    if (absl::Status s = queries->ReadParts(run, window); !s.ok()) return s;
    visit(windows.Text(1), window);
  }
}

}  // namespace mj
