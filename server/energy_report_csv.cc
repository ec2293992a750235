#include "server/energy_report_csv.h"

#include <map>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace mj {
namespace {

constexpr const char* kColumns[] = {
    "timestamp",
    "project_name",
    "run_id",
    "experiment_id",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "water_consumed",
    "country_name",
    "country_iso_code",
    "region",
    "cloud_provider",
    "cloud_region",
    "os",
    "python_version",
    "codecarbon_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "longitude",
    "latitude",
    "ram_total_size",
    "tracking_mode",
    "cpu_utilization_percent",
    "gpu_utilization_percent",
    "ram_utilization_percent",
    "ram_used_gb",
    "on_cloud",
    "pue",
    "wue",
};

using Cells = std::map<std::string_view, std::string>;

// RFC 4180.
std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string Number(double value) { return absl::StrFormat("%.12g", value); }

// Which of CodeCarbon's parts a boundary is; several or others: none.
std::optional<std::string> PartOf(const std::string& domain) {
  if (domain == "package") return "cpu";
  if (domain == "dram") return "ram";
  if (domain == "gpu") return "gpu";
  return std::nullopt;
}

void AddEnergy(const ReportRow& row, Cells& cells) {
  static const std::map<std::string, std::pair<const char*, const char*>>
      kParts = {{"cpu", {"cpu_power", "cpu_energy"}},
                {"ram", {"ram_power", "ram_energy"}},
                {"gpu", {"gpu_power", "gpu_energy"}}};
  const double kwh = row.footprint.facility.value() / kJoulesPerKwh;
  const double kilograms = row.footprint.grams_co2e / 1000;
  cells["energy_consumed"] = Number(kwh);
  cells["emissions"] = Number(kilograms);
  cells["emissions_rate"] = Number(kilograms / row.known.count());
  if (row.footprint.litres) {
    cells["water_consumed"] = Number(*row.footprint.litres);
  }
  if (const std::optional<std::string> part = PartOf(row.domain)) {
    const auto& [power, energy] = kParts.at(*part);
    cells[power] = Number((row.sum() / row.known).value());
    cells[energy] = Number(kwh);
  }
}

std::string ProjectOf(const ReportRow& row, const LedgerRun& run) {
  switch (row.line) {
    case ReportLine::kTenant:
      return row.key;
    case ReportLine::kIdle:
      return "(idle)";
    case ReportLine::kOverhead:
      return "(overhead)";
    case ReportLine::kAll:
      break;
  }
  return run.model;
}

Cells CellsOf(const ReportRow& row, const LedgerRun& run,
              const Carbon& carbon) {
  Cells cells;
  cells["timestamp"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%S", row.end, absl::UTCTimeZone());
  cells["project_name"] = ProjectOf(row, run);
  cells["run_id"] = run.id;
  cells["duration"] = Number((row.known + row.unknown).count());
  if (row.known > Seconds(0)) AddEnergy(row, cells);
  if (carbon.grid.place.size() == 3) {  // not "world"
    cells["country_iso_code"] = carbon.grid.place;
  }
  cells["cpu_model"] = run.cpu;
  // A counter counts the whole machine, the model this process.
  cells["tracking_mode"] = run.method == "measured" ? "machine" : "process";
  cells["pue"] = Number(carbon.power_usage_effectiveness.value);
  cells["wue"] = Number(carbon.water_usage_effectiveness.value);
  return cells;
}

}  // namespace

std::string EnergyReportCsv(const LedgerReport& report, const Carbon& carbon) {
  std::map<std::string, const LedgerRun*> runs;
  for (const LedgerRun& run : report.runs) runs[run.id] = &run;
  std::string csv;
  const auto add = [&](const std::string& cell, bool first) {
    absl::StrAppend(&csv, first ? "" : ",", cell);
  };
  for (const char* column : kColumns) add(column, column == kColumns[0]);
  csv += "\n";
  for (const ReportRow& row : report.rows) {
    Cells cells = CellsOf(row, *runs.at(row.run), carbon);
    for (const char* column : kColumns) {
      add(Quoted(cells[column]), column == kColumns[0]);
    }
    csv += "\n";
  }
  return csv;
}

}  // namespace mj
