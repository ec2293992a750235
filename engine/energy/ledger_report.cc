#include "engine/energy/ledger_report.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

#include "engine/energy/wall_time.h"

namespace mj {
namespace {

Seconds Length(absl::Time start, absl::Time end) {
  return Seconds(absl::ToDoubleSeconds(end - start));
}

void Cover(ReportRow& row, const LedgerWindow& window) {
  row.start = std::min(row.start, window.start);
  row.end = std::max(row.end, window.end);
}

// Adds windows up, in the order in which the reader tells them.
class Accumulator final {
 public:
  Accumulator(const LedgerQuery& query, const Carbon& carbon,
              const std::vector<LedgerRun>& runs)
      : query_(query), carbon_(carbon) {
    for (const LedgerRun& run : runs) runs_[run.id] = &run;
  }

  void Add(const std::string& run_id, const LedgerWindow& window);
  LedgerReport Finish(const std::vector<LedgerRun>& runs);

 private:
  using Key = std::tuple<ReportLine, std::string, std::string, std::string,
                         std::string, std::string, std::string>;
  using Rows = std::map<Key, ReportRow>;

  void BeginRun(const std::string& run_id);
  void CountWindow(const LedgerWindow& window);
  void AddWhole(ReportRow& row, const LedgerWindow& window);
  void AddUnknown(const LedgerWindow& window);
  void AddTenants(const LedgerWindow& window);
  // `energy` of a known window, priced.
  void Charge(ReportRow& row, const LedgerWindow& window, Joules energy);
  ReportRow& RowOf(Rows& rows, ReportRow row);
  ReportRow& TotalRow();
  ReportRow& GroupRow(const LedgerWindow& window);
  ReportRow& TenantRow(ReportLine line, const std::string& tenant);
  std::vector<ReportRow> Take(Rows& rows) const;

  const LedgerQuery& query_;
  const Carbon& carbon_;
  std::map<std::string, const LedgerRun*> runs_;
  const LedgerRun* run_ = nullptr;  // the current one
  std::optional<int64_t> last_number_;
  // Unknown windows since the run's last known or lost one: the last covers
  // them all.
  std::optional<LedgerWindow> waiting_;
  Rows rows_, totals_;
  std::map<std::string, bool> seen_;
  LedgerReport report_;
};

void Accumulator::Add(const std::string& run_id, const LedgerWindow& window) {
  if (run_ == nullptr || run_->id != run_id) BeginRun(run_id);
  CountWindow(window);
  if (window.known()) {
    waiting_.reset();
    AddWhole(TotalRow(), window);
    if (query_.by != ReportBy::kTenant) AddWhole(GroupRow(window), window);
  } else if (window.lost > Seconds(0)) {
    waiting_.reset();
    AddUnknown(window);
  } else {
    waiting_ = window;
  }
  AddTenants(window);
}

void Accumulator::BeginRun(const std::string& run_id) {
  if (waiting_) AddUnknown(*std::exchange(waiting_, std::nullopt));
  run_ = runs_.at(run_id);
  seen_[run_id] = true;
  last_number_.reset();
}

void Accumulator::CountWindow(const LedgerWindow& window) {
  report_.windows += window.count;
  if (!window.known()) {
    report_.unknown_windows += window.count;
    report_.unknown_reasons[window.unknown] += window.count;
  }
  // Merged windows of several kinds lie between each other: the sum is right.
  if (last_number_) {
    report_.missing_windows += window.number - *last_number_ - window.count;
  } else if (query_.range.since == absl::InfinitePast()) {
    report_.missing_windows += window.number + 1 - window.count;
  }
  last_number_ = window.number;
}

void Accumulator::Charge(ReportRow& row, const LedgerWindow& window,
                         Joules energy) {
  const Seconds length = Length(window.start, window.end);
  row.known += length;
  row.footprint +=
      FootprintOf(energy, FactorsOver(carbon_, window.start, window.end));
  if (SeriesKnows(carbon_, window.start, window.end)) row.by_series += length;
  Cover(row, window);
}

void Accumulator::AddWhole(ReportRow& row, const LedgerWindow& window) {
  Charge(row, window, window.sum());
  row.prefill += window.prefill;
  row.decode += window.decode;
  row.idle += window.idle;
  row.overhead += window.overhead;
  for (const auto& [reason, energy] : window.wasted) {
    row.wasted[reason] += energy;
  }
}

void Accumulator::AddUnknown(const LedgerWindow& window) {
  std::vector<ReportRow*> rows = {&TotalRow()};
  if (query_.by != ReportBy::kTenant) rows.push_back(&GroupRow(window));
  for (ReportRow* row : rows) {
    row->unknown += Length(window.start, window.end);
    Cover(*row, window);
  }
}

// Requests and tokens count whether or not their joules are known.
void Accumulator::AddTenants(const LedgerWindow& window) {
  const bool by_tenant = query_.by == ReportBy::kTenant;
  for (const LedgerTenant& tenant : window.tenants) {
    std::vector<ReportRow*> rows = {&TotalRow()};
    rows.push_back(by_tenant ? &TenantRow(ReportLine::kTenant, tenant.tenant)
                             : &GroupRow(window));
    for (ReportRow* row : rows) {
      Cover(*row, window);
      row->requests += tenant.requests;
      row->output_tokens += tenant.output_tokens;
    }
    if (!by_tenant || !window.known()) continue;
    ReportRow& row = *rows.back();
    Charge(row, window, tenant.prefill + tenant.decode);
    row.prefill += tenant.prefill;
    row.decode += tenant.decode;
  }
  if (!by_tenant || !window.known()) return;
  ReportRow& idle = TenantRow(ReportLine::kIdle, "");
  Charge(idle, window, window.idle);
  idle.idle += window.idle;
  ReportRow& overhead = TenantRow(ReportLine::kOverhead, "");
  Charge(overhead, window, window.overhead);
  overhead.overhead += window.overhead;
}

ReportRow& Accumulator::RowOf(Rows& rows, ReportRow row) {
  row.method = run_->method;
  row.domain = run_->domain;
  row.calibration = run_->calibration;
  Key key{row.line,   row.key,    row.model_fingerprint, row.run,
          row.method, row.domain, row.calibration};
  row.start = absl::InfiniteFuture();
  row.end = absl::InfinitePast();
  return rows.try_emplace(std::move(key), std::move(row)).first->second;
}

ReportRow& Accumulator::TotalRow() { return RowOf(totals_, {}); }

ReportRow& Accumulator::GroupRow(const LedgerWindow& window) {
  ReportRow row;
  if (query_.split_runs) row.run = run_->id;
  if (query_.by == ReportBy::kModel) {
    row.key = run_->model;
    row.model_fingerprint = run_->model_fingerprint;
  } else if (query_.by == ReportBy::kHour) {
    constexpr int64_t kHour = 3600;
    const int64_t second = absl::ToUnixSeconds(window.start);
    row.key = FormatWallTime(absl::FromUnixSeconds(second - second % kHour));
  }
  return RowOf(rows_, std::move(row));
}

ReportRow& Accumulator::TenantRow(ReportLine line, const std::string& tenant) {
  ReportRow row;
  if (query_.split_runs) row.run = run_->id;
  row.line = line;
  row.key = tenant;
  return RowOf(rows_, std::move(row));
}

std::vector<ReportRow> Accumulator::Take(Rows& rows) const {
  std::vector<ReportRow> result;
  for (auto& [key, row] : rows) {
    if (row.line == ReportLine::kAll && carbon_.embodied) {
      row.embodied_grams =
          EmbodiedGrams(*carbon_.embodied, row.known + row.unknown);
    }
    result.push_back(std::move(row));
  }
  return result;
}

LedgerReport Accumulator::Finish(const std::vector<LedgerRun>& runs) {
  if (waiting_) AddUnknown(*std::exchange(waiting_, std::nullopt));
  report_.rows = Take(rows_);
  report_.totals = Take(totals_);
  // Of a range that starts amid a run it is the first row's that are too many.
  report_.missing_windows = std::max<int64_t>(0, report_.missing_windows);
  for (const LedgerRun& run : runs) {
    if (seen_.contains(run.id)) report_.runs.push_back(run);
  }
  return std::move(report_);
}

}  // namespace

absl::StatusOr<LedgerReport> MakeLedgerReport(LedgerReader& ledger,
                                              const LedgerQuery& query,
                                              const Carbon& carbon) {
  absl::StatusOr<std::vector<LedgerRun>> runs = ledger.Runs();
  if (!runs.ok()) return runs.status();
  Accumulator sums(query, carbon, *runs);
  const absl::Status status = ledger.ForEachWindow(
      query.range, [&](const std::string& run, const LedgerWindow& window) {
        sums.Add(run, window);
      });
  if (!status.ok()) return status;
  return sums.Finish(*runs);
}

}  // namespace mj
