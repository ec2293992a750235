#include "server/energy_report_json.h"

#include <string>
#include <utility>

#include "engine/energy/wall_time.h"

namespace mj {
namespace {

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// What the row is about, under its own name.
void AddKey(const ReportRow& row, ReportBy by, Json& json) {
  switch (by) {
    case ReportBy::kTenant:
      json["tenant"] = row.line == ReportLine::kTenant ? Json(row.key) : Json();
      json["line"] = row.line == ReportLine::kIdle       ? "idle"
                     : row.line == ReportLine::kOverhead ? "overhead"
                                                         : "requests";
      break;
    case ReportBy::kModel:
      json["model"] = row.key;
      json["model_fingerprint"] = row.model_fingerprint;
      break;
    case ReportBy::kHour:
      json["hour"] = row.key;
      break;
    case ReportBy::kTotal:
      break;
  }
}

void AddJoules(const ReportRow& row, Json& json) {
  const bool known = row.known > Seconds(0);
  const auto joules = [&](const char* name, Joules energy) {
    json[name] = known ? Json(energy.value()) : Json();
  };
  joules("joules", row.sum());
  joules("prefill_joules", row.prefill);
  joules("decode_joules", row.decode);
  joules("idle_joules", row.idle);
  joules("overhead_joules", row.overhead);
  if (row.line == ReportLine::kAll) {
    Json wasted = Json::object();
    for (const auto& [reason, energy] : row.wasted) {
      wasted[reason] = energy.value();
    }
    json["wasted_joules"] = known ? std::move(wasted) : Json();
  }
  joules("facility_joules", row.footprint.facility);
  json["kwh"] =
      known ? Json(row.footprint.facility.value() / kJoulesPerKwh) : Json();
}

void AddFootprint(const ReportRow& row, Json& json) {
  const bool known = row.known > Seconds(0);
  const double grams = row.footprint.grams_co2e;
  const auto per = [&](int64_t count, double unit) {
    return known && count > 0 ? Json(grams * unit / static_cast<double>(count))
                              : Json();
  };
  json["gco2e"] = known ? Json(grams) : Json();
  json["gco2e_per_request"] = per(row.requests, 1);
  json["gco2e_per_1k_output_tokens"] = per(row.output_tokens, 1000);
  json["priced_by_series"] = known ? Json(row.by_series / row.known) : Json();
  json["water_litres"] = known ? OrNull(row.footprint.litres) : Json();
  if (row.line == ReportLine::kAll) {
    json["embodied_gco2e"] = OrNull(row.embodied_grams);
  }
}

Json RowJson(const ReportRow& row, ReportBy by) {
  Json json = Json::object();
  AddKey(row, by, json);
  if (!row.run.empty()) json["run_id"] = row.run;
  json["method"] = row.method;
  json["domain"] = row.domain;
  json["calibration"] = row.calibration;
  json["start"] = FormatWallTime(row.start);
  json["end"] = FormatWallTime(row.end);
  json["known_seconds"] = row.known.count();
  if (row.line == ReportLine::kAll) {
    json["unknown_seconds"] = row.unknown.count();
  }
  AddJoules(row, json);
  AddFootprint(row, json);
  json["requests"] = row.requests;
  json["output_tokens"] = row.output_tokens;
  return json;
}

Json RunJson(const LedgerRun& run) {
  return {{"run_id", run.id},
          {"start", FormatWallTime(run.start)},
          {"model", run.model},
          {"model_fingerprint", run.model_fingerprint},
          {"method", run.method},
          {"domain", run.domain},
          {"calibration", run.calibration},
          {"commit", run.commit},
          {"cpu", run.cpu},
          {"isa", run.isa},
          {"numerics", run.numerics}};
}

Json FactorJson(const Factor& factor) {
  return {{"value", factor.value},
          {"source", factor.source},
          {"year", OrNull(factor.year)}};
}

Json CarbonJson(const Carbon& carbon) {
  Json json = Json::object();
  json["grid"] = carbon.grid.place;
  json["grams_per_kwh"] = FactorJson(carbon.grid.carbon);
  json["power_usage_effectiveness"] =
      FactorJson(carbon.power_usage_effectiveness);
  json["water_usage_effectiveness"] =
      FactorJson(carbon.water_usage_effectiveness);
  json["grid_water_litres_per_kwh"] =
      carbon.grid.water ? FactorJson(*carbon.grid.water) : Json();
  json["grid_series"] = carbon.series ? Json(carbon.series_source) : Json();
  if (carbon.embodied) {
    json["embodied_kg"] = FactorJson(carbon.embodied->server);
    json["embodied_lifetime_years"] = FactorJson(carbon.embodied->lifetime);
    json["embodied_share"] = FactorJson(carbon.embodied->share);
  }
  return json;
}

}  // namespace

Json EnergyReportJson(const LedgerReport& report, ReportBy by,
                      const Carbon& carbon) {
  Json json = Json::object();
  Json rows = Json::array(), totals = Json::array(), runs = Json::array();
  for (const ReportRow& row : report.rows) rows.push_back(RowJson(row, by));
  for (const ReportRow& row : report.totals) {
    totals.push_back(RowJson(row, ReportBy::kTotal));
  }
  for (const LedgerRun& run : report.runs) runs.push_back(RunJson(run));
  json["rows"] = std::move(rows);
  json["totals"] = std::move(totals);
  json["windows"] = report.windows;
  json["unknown_windows"] = report.unknown_windows;
  json["unknown_reasons"] = Json::object();
  for (const auto& [reason, windows] : report.unknown_reasons) {
    json["unknown_reasons"][reason] = windows;
  }
  json["missing_windows"] = report.missing_windows;
  json["runs"] = std::move(runs);
  json["carbon"] = CarbonJson(carbon);
  return json;
}

}  // namespace mj
