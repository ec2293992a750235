// A load as it is told: settings, and a row for each run.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_REPORT_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/load/load_run.h"
#include "bench/load/load_score.h"
#include "nlohmann/json.hpp"

namespace mj {

struct LoadRow {
  std::optional<double> rate;      // open loop, requests a second
  std::optional<int> concurrency;  // closed loop
  uint64_t seed = 0;
  LoadScore score;
  LoadRun run;
  bool holds = false;  // its share within the SLO is the wanted one
};

struct LoadReport {
  // What was asked, and where numbers come from; in both outputs.
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  Slo slo;
  std::vector<LoadRow> rows;
  // Of a sweep: the highest rate that held, and its search.
  bool is_sweep = false;
  std::optional<double> best_rate, too_high_rate;
};

// "rows" with every number of load_score.h in base units or as its key's
// suffix says; unknown is null.
nlohmann::ordered_json LoadJson(const LoadReport& report);

// What a reader should know of a run beside its numbers, a sentence each.
std::vector<std::string> Remarks(const LoadRow& row);

// The row as text, for a terminal.
std::string RowText(const LoadRow& row, const Slo& slo);

// One page without external resources, light and dark: the numbers, latency
// distributions, throughput over time and energy against load.
std::string LoadHtml(const LoadReport& report);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_REPORT_H_
