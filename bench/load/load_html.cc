#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/load/dump_json.h"
#include "bench/load/load_plots.h"
#include "bench/load/load_report.h"
#include "engine/text/jinja_escape.h"

namespace mj {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load test</title>
<style>
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c;
  --page: #fbfcfd; --card: #ffffff; --rule: #dfe3e8; --a: #0b62c4;
  --b: #c2410c; --bad: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #a0a6ad; --page: #111315; --card: #1a1d21;
    --rule: #33383e; --a: #6cb0ff; --b: #ff9d5c; --bad: #ff8a80; } }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--page);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: .4rem 0; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
.plots { display: grid; gap: 1rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.plots svg, .scroll { background: var(--card); border: 1px solid var(--rule);
  border-radius: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; }
th { color: var(--soft); font-weight: 600; }
.note { color: var(--soft); }
.bad { color: var(--bad); }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; }
svg .title { font-size: 13px; font-weight: 600; fill: var(--ink); }
svg .label { fill: var(--soft); }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .axis { stroke: var(--soft); }
svg .mark { stroke: var(--soft); stroke-dasharray: 4 3; }
svg path { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg path.s0 { stroke: var(--a); } svg path.s1 { stroke: var(--b); }
svg circle.s0 { fill: var(--a); } svg circle.s1 { fill: var(--b); }
</style></head><body>
)";

std::string Number(double value) {
  return value >= 1e4 ? absl::StrFormat("%.0f", value)
                      : absl::StrFormat("%.4g", value);
}

std::string Cells(const char* tag, const std::vector<std::string>& cells) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) {
    absl::StrAppend(&row, "<", tag, ">", jinja::Escape(cell), "</", tag, ">");
  }
  return row + "</tr>\n";
}

std::string Table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string table = "<div class=\"scroll\"><table>" + Cells("th", head);
  for (const auto& row : rows) table += Cells("td", row);
  return table + "</table></div>\n";
}

std::string WithBounds(const QuantileEstimate& q) {
  const auto bound = [](const std::optional<double>& b) {
    return b ? Number(*b) : std::string("?");
  };
  return absl::StrCat(Number(q.value), " (", bound(q.low), " to ",
                      bound(q.high), ")");
}

std::vector<std::string> LatencyCells(const char* name,
                                      const std::optional<Distribution>& d) {
  if (!d) return {name, "-", "-", "-", "-", "-", "-"};
  return {name,
          Number(d->mean),
          WithBounds(d->p50),
          WithBounds(d->p90),
          WithBounds(d->p95),
          WithBounds(d->p99),
          Number(d->max)};
}

std::string LatencyTable(const LoadScore& score) {
  return Table({"ms", "mean", "p50", "p90", "p95", "p99", "max"},
               {LatencyCells("first token (TTFT)", score.ttft),
                LatencyCells("per token (TPOT)", score.tpot),
                LatencyCells("whole reply", score.latency),
                LatencyCells("longest gap", score.longest_gap),
                LatencyCells("sent late by", score.send_delay)}) +
         "<p class=\"note\">In parentheses: 95 % confidence, by order "
         "statistics with the serial correlation of the run; ? where the run "
         "is too short to tell. Failed requests are in no latency.</p>\n";
}

std::vector<std::string> RowCells(const LoadRow& row, const Slo& slo) {
  const LoadScore& score = row.score;
  const std::optional<double> joules = score.joules_per_token();
  return {row.concurrency ? absl::StrCat(*row.concurrency, " at once")
          : row.rate      ? Number(*row.rate) + " /s"
                          : "trace",
          absl::StrCat(score.counted),
          absl::StrCat(score.counted - score.succeeded),
          score.rates ? Number(score.rates->requests) : "-",
          score.rates ? Number(score.rates->output_tokens) : "-",
          slo.any() && score.counted > 0
              ? absl::StrFormat("%.1f %%", 100 * *score.attainment())
              : "-",
          slo.any() && score.rates ? Number(score.rates->goodput) : "-",
          joules ? Number(*joules) : "-"};
}

std::string RowsTable(const LoadReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const LoadRow& row : report.rows) {
    rows.push_back(RowCells(row, report.slo));
  }
  return Table({"load", "requests", "failed", "requests/s", "tokens/s",
                "within SLO", "goodput, requests/s", "J/token"},
               rows);
}

std::string ErrorText(const char* whose,
                      const std::map<std::string, int64_t>& errors) {
  if (errors.empty()) return "";
  return absl::StrCat(
      "<p class=\"bad\">", whose, ": ",
      jinja::Escape(absl::StrJoin(errors, ", ", absl::PairFormatter(": "))),
      "</p>\n");
}

std::string RemarkText(const LoadRow& row) {
  std::string html;
  for (const std::string& remark : Remarks(row)) {
    absl::StrAppend(&html, "<p>Note: ", jinja::Escape(remark), ".</p>\n");
  }
  return html;
}

std::string Plots(const std::vector<Plot>& plots) {
  std::string html = "<div class=\"plots\">\n";
  for (const Plot& plot : plots) html += PlotSvg(plot);
  return html + "</div>\n";
}

std::string SettingsTable(const nlohmann::ordered_json& settings) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : settings.items()) {
    if (value.is_null() || value == "") continue;
    rows.push_back(
        {key, value.is_string() ? value.get<std::string>() : DumpJson(value)});
  }
  return Table({"setting", "value"}, rows);
}

// The run that a reader wants to see: the best of a sweep, else the first.
const LoadRow& ShownRow(const LoadReport& report) {
  for (const LoadRow& row : report.rows) {
    if (report.best_rate && row.rate == report.best_rate) return row;
  }
  return report.rows.front();
}

std::string SweepSection(const LoadReport& report) {
  if (!report.is_sweep) return "";
  const std::string found =
      report.best_rate ? absl::StrCat("The highest rate within the SLO: ",
                                      Number(*report.best_rate), " requests/s.")
                       : "No rate that was tried is within the SLO.";
  return absl::StrCat("<p>", found, "</p>\n", Plots(SweepPlots(report)));
}

}  // namespace

std::string LoadHtml(const LoadReport& report) {
  const LoadRow& shown = ShownRow(report);
  std::string html = kHead;
  absl::StrAppend(&html, "<h1>Load test</h1>\n", RowsTable(report),
                  SweepSection(report));
  if (report.is_sweep && shown.rate) {
    absl::StrAppend(&html, "<h2>At ", Number(*shown.rate),
                    " requests/s</h2>\n");
  }
  absl::StrAppend(&html, ErrorText("Errors", shown.score.errors),
                  ErrorText("Errors of requests that are not counted",
                            shown.score.uncounted_errors),
                  RemarkText(shown), Plots(RunPlots(shown, report.slo)),
                  "<h2>Latencies</h2>\n", LatencyTable(shown.score),
                  "<h2>Settings</h2>\n", SettingsTable(report.settings),
                  "</body></html>\n");
  return html;
}

}  // namespace mj
