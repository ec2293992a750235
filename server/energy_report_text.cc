#include "server/energy_report_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/carbon_flags.h"

namespace mj {
namespace {

using Line = std::vector<std::string>;

constexpr const char* kUnknown = "-";
constexpr size_t kShownReasons = 5;

std::string Number(double value) { return absl::StrFormat("%.6g", value); }

std::string KeyOf(const ReportRow& row, ReportBy by) {
  if (by != ReportBy::kTenant) return row.key;
  switch (row.line) {
    case ReportLine::kIdle:
      return "(idle)";
    case ReportLine::kOverhead:
      return "(overhead)";
    default:
      return row.key;
  }
}

Line LineOf(const std::string& key, const ReportRow& row) {
  const bool known = row.known > Seconds(0);
  const auto joules = [&](Joules energy) {
    return known ? absl::StrFormat("%.3f", energy.value()) : kUnknown;
  };
  const auto number = [&](const std::optional<double>& value) {
    return known && value ? Number(*value) : kUnknown;
  };
  return {key,
          joules(row.prefill),
          joules(row.decode),
          joules(row.idle),
          joules(row.overhead),
          joules(row.sum()),
          number(row.footprint.facility.value() / kJoulesPerKwh),
          number(row.footprint.grams_co2e),
          number(row.footprint.litres),
          absl::StrCat(row.requests),
          absl::StrCat(row.output_tokens),
          absl::StrCat(row.method, ", ", row.domain)};
}

// Columns as wide as need be; the first and the last to the left.
std::string Table(const std::vector<Line>& lines) {
  std::vector<size_t> widths(lines.front().size());
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  std::string text;
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string space(widths[i] - line[i].size(), ' ');
      const bool last = i + 1 == line.size();
      absl::StrAppend(&text, i == 0 ? "" : "  ", i == 0 || last ? "" : space,
                      line[i], i == 0 ? space : "");
    }
    text += "\n";
  }
  return text;
}

std::string WasteText(const ReportRow& row) {
  if (row.wasted.empty()) return "";
  std::string text = "wasted, part of it: ";
  const char* comma = "";
  for (const auto& [reason, energy] : row.wasted) {
    absl::StrAppendFormat(&text, "%s%s %.3f J", comma, reason, energy.value());
    comma = ", ";
  }
  return text + "\n";
}

std::string UnknownText(const LedgerReport& report) {
  Seconds known(0), unknown(0);
  for (const ReportRow& row : report.totals) {
    known += row.known;
    unknown += row.unknown;
  }
  std::string text = absl::StrFormat(
      "unknown: %.6g s of %.6g s", unknown.count(), (known + unknown).count());
  if (report.unknown_windows > 0) {
    absl::StrAppend(&text, "; ", report.unknown_windows, " of ", report.windows,
                    " windows could not be read at once:\n");
    size_t shown = 0;
    for (const auto& [reason, windows] : report.unknown_reasons) {
      if (++shown > kShownReasons) break;
      absl::StrAppend(&text, "  ", windows, " x ", reason, "\n");
    }
    if (report.unknown_reasons.size() > kShownReasons) {
      absl::StrAppend(&text, "  and ",
                      report.unknown_reasons.size() - kShownReasons,
                      " reasons more\n");
    }
  } else {
    text += "\n";
  }
  if (report.missing_windows > 0) {
    absl::StrAppend(&text, "missing: ", report.missing_windows,
                    " windows were never written; their joules are not here\n");
  }
  return text;
}

std::string EmbodiedText(const ReportRow& row) {
  if (!row.embodied_grams) return "";
  return absl::StrCat(
      "embodied, apart from gCO2e: ", Number(*row.embodied_grams), " g\n");
}

const char* HeaderOf(ReportBy by) {
  switch (by) {
    case ReportBy::kTenant:
      return "tenant";
    case ReportBy::kModel:
      return "model";
    case ReportBy::kHour:
      return "hour (UTC)";
    case ReportBy::kTotal:
      return "";
  }
  return "";
}

}  // namespace

std::string EnergyReportText(const LedgerReport& report, ReportBy by,
                             const Carbon& carbon) {
  if (report.totals.empty()) return "no windows in the ledger and range\n";
  std::vector<Line> lines = {{HeaderOf(by), "prefill J", "decode J", "idle J",
                              "overhead J", "sum J", "kWh", "gCO2e", "water L",
                              "requests", "tokens", "method, boundary"}};
  if (by != ReportBy::kTotal) {
    for (const ReportRow& row : report.rows) {
      lines.push_back(LineOf(KeyOf(row, by), row));
    }
  }
  for (const ReportRow& row : report.totals) {
    lines.push_back(LineOf("total", row));
  }
  std::string text = Table(lines);
  for (const ReportRow& row : report.totals) {
    absl::StrAppend(&text, WasteText(row), EmbodiedText(row));
  }
  absl::StrAppend(&text, UnknownText(report),
                  "carbon: ", DescribeCarbon(carbon),
                  "; kWh are the facility's\n");
  return text;
}

}  // namespace mj
