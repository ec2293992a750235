// millijoule energy report: what the ledger tells.
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/carbon_flags.h"
#include "engine/energy/ledger_reader.h"
#include "engine/energy/ledger_report.h"
#include "engine/energy/wall_time.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/energy_report_csv.h"
#include "server/energy_report_json.h"
#include "server/energy_report_text.h"

namespace mj {
namespace {

struct EnergyReportFlags {
  std::string ledger;
  ReportBy by = ReportBy::kTotal;
  LedgerReader::Range range;
  CarbonFlags carbon;
  bool csv = false;
  bool json = false;
};

Flag ByFlag(ReportBy& out) {
  return {"by", "tenant|model|hour", "a row for each", "one row for all",
          [&out](const std::string& text) {
            if (text == "tenant") {
              out = ReportBy::kTenant;
            } else if (text == "model") {
              out = ReportBy::kModel;
            } else if (text == "hour") {
              out = ReportBy::kHour;
            } else {
              return absl::InvalidArgumentError(
                  absl::StrCat("'", text, "' is none of tenant, model, hour"));
            }
            return absl::OkStatus();
          }};
}

Flag TimeFlag(std::string name, std::string help, absl::Time& out) {
  return {std::move(name), "TIME", std::move(help), "",
          [&out](const std::string& text) {
            const absl::StatusOr<absl::Time> time = ParseWallTime(text);
            if (time.ok()) out = *time;
            return time.status();
          }};
}

// The value that all runs share; "" where they differ.
std::string Common(const std::vector<LedgerRun>& runs,
                   std::string LedgerRun::*field) {
  for (const LedgerRun& run : runs) {
    if (run.*field != runs.front().*field) return "";
  }
  return runs.empty() ? "" : runs.front().*field;
}

void PrintJson(const LedgerReport& report, const EnergyReportFlags& flags,
               const Carbon& carbon, const BuildInfo& build) {
  Json json = EnergyReportJson(report, flags.by, carbon);
  json["ledger"] = flags.ledger;
  Provenance from;
  from.build = build;
  from.cpu = Common(report.runs, &LedgerRun::cpu);
  from.isa = Common(report.runs, &LedgerRun::isa);
  from.numerics = Common(report.runs, &LedgerRun::numerics);
  from.model_fingerprint = Common(report.runs, &LedgerRun::model_fingerprint);
  from.calibration = Common(report.runs, &LedgerRun::calibration);
  AddProvenance(from, json);
  std::cout << DumpJson(json) << "\n";
}

int PrintReport(const EnergyReportFlags& flags, const BuildInfo& build) {
  if (flags.csv && flags.json) {
    return PrintError(absl::InvalidArgumentError("--csv or --json, not both"));
  }
  if (flags.ledger.empty()) {
    return PrintError(absl::InvalidArgumentError("--ledger FILE is needed"));
  }
  const absl::StatusOr<Carbon> carbon = LoadCarbon(flags.carbon);
  if (!carbon.ok()) return PrintError(carbon.status());
  absl::StatusOr<LedgerReader> ledger = LedgerReader::Open(flags.ledger);
  if (!ledger.ok()) return PrintError(ledger.status());
  const LedgerQuery query{flags.by, /*split_runs=*/flags.csv, flags.range};
  const absl::StatusOr<LedgerReport> report =
      MakeLedgerReport(*ledger, query, *carbon);
  if (!report.ok()) return PrintError(report.status());
  if (flags.json) {
    PrintJson(*report, flags, *carbon, build);
  } else if (flags.csv) {
    std::cout << EnergyReportCsv(*report, *carbon);
  } else {
    std::cout << EnergyReportText(*report, flags.by, *carbon);
  }
  return 0;
}

}  // namespace

Command EnergyReportCommand(const BuildInfo& build, const std::string& ledger) {
  auto flags = std::make_shared<EnergyReportFlags>();
  flags->ledger = ledger;
  std::vector<Flag> table = {
      TextFlag("ledger", "FILE", "what serve --energy-ledger wrote",
               flags->ledger),
      ByFlag(flags->by),
      TimeFlag("since", "windows that start then or later; ISO 8601 or unix",
               flags->range.since),
      TimeFlag("until", "windows that start before", flags->range.until),
      SwitchFlag("csv", "CodeCarbon's columns", flags->csv),
      SwitchFlag("json", "one JSON object", flags->json),
  };
  for (Flag& flag : CarbonFlagTable(flags->carbon)) {
    table.push_back(std::move(flag));
  }
  return {.name = "energy report",
          .help = "joules, carbon and water by the energy ledger",
          .flags = std::move(table),
          .run = [flags, build] { return PrintReport(*flags, build); }};
}

}  // namespace mj
