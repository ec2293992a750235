// What a durable ledger tells: joules by tenant, model or hour, and what they
// meant for carbon and water, each window priced at its own time.
//
// Joules of different methods, boundaries or calibrations are never added up:
// each combination has rows of its own.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_REPORT_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_REPORT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/energy/carbon.h"
#include "engine/energy/footprint.h"
#include "engine/energy/ledger_reader.h"
#include "engine/energy/ledger_rows.h"
#include "hw_backends/quantities.h"

namespace mj {

enum class ReportBy { kTotal, kTenant, kModel, kHour };

struct LedgerQuery {
  ReportBy by = ReportBy::kTotal;
  bool split_runs = false;  // a row for each run in each group
  LedgerReader::Range range{};
};

// Of what a row is the sum.
enum class ReportLine {
  kAll,       // whole windows
  kTenant,    // one tenant's part of them
  kIdle,      // nobody's, with kTenant
  kOverhead,  // nobody's, with kTenant
};

struct ReportRow {
  ReportLine line = ReportLine::kAll;
  std::string key;  // tenant, model, or hour as "2026-01-31T08:00:00Z"
  std::string model_fingerprint;  // by model
  std::string run;                // with split_runs: its id
  std::string method, domain, calibration;

  absl::Time start{}, end{};                           // of its windows
  Seconds known{0};                                    // of windows with joules
  Seconds unknown{0};                                  // kAll only
  Joules prefill{0}, decode{0}, idle{0}, overhead{0};  // of known windows
  std::map<std::string, Joules> wasted;  // kAll only; part of the above
  int64_t requests = 0, output_tokens = 0;
  Footprint footprint;   // of sum()
  Seconds by_series{0};  // of `known`: priced by the series
  std::optional<double>
      embodied_grams;  // kAll only, where the server's is known

  Joules sum() const { return prefill + decode + idle + overhead; }
};

struct LedgerReport {
  std::vector<ReportRow> rows;    // by line, key, run
  std::vector<ReportRow> totals;  // kAll, one each combination of meanings
  std::vector<LedgerRun> runs;    // that have a window in the range
  int64_t windows = 0, unknown_windows = 0;
  int64_t missing_windows = 0;  // numbers left out: they were never written
  std::map<std::string, int64_t> unknown_reasons;  // windows of each
};

// Errors: LedgerReader's.
absl::StatusOr<LedgerReport> MakeLedgerReport(LedgerReader& ledger,
                                              const LedgerQuery& query,
                                              const Carbon& carbon);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_REPORT_H_
