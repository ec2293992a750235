// millijoule-bench reproduce: published results beside ours, row by row.
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "hw_backends/models/serving_anchor.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct ReproduceFlags {
  std::string name;
  bool json = false;
};

std::vector<Flag> ReproduceFlagTable(ReproduceFlags& flags) {
  return {
      TextFlag("name", "NAME", "one published result; empty: all", flags.name),
      SwitchFlag("json", "one JSON object", flags.json)};
}

double ErrorPercent(double predicted, double published) {
  return (predicted / published - 1) * 100;
}

Json RowJson(const ServingAnchor& anchor, const AnchorRow& row) {
  const double joules = row.predicted_energy.value();
  const double itl = row.predicted_itl.count() * 1e3;
  const double published_itl = row.published_itl.count() * 1e3;
  Json json;
  json["name"] = anchor.name;
  json["platform"] = anchor.platform;
  json["model_shape"] = anchor.model_shape;
  json["batch"] = row.batch;
  json["calibrated"] = row.calibrated;
  json["published_joules_per_token"] = row.published_energy.value();
  json["predicted_joules_per_token"] = joules;
  json["joules_error_percent"] =
      ErrorPercent(joules, row.published_energy.value());
  json["published_itl_ms"] = published_itl;
  json["predicted_itl_ms"] = itl;
  json["itl_error_percent"] = ErrorPercent(itl, published_itl);
  return json;
}

void PrintRow(const Json& row) {
  std::cout << absl::StrFormat(
      "%6d %-10s %10.3f %9.3f %+7.1f %10.2f %9.2f %+7.1f\n",
      row["batch"].get<int>(),
      row["calibrated"].get<bool>() ? "calibrated" : "predicted",
      row["published_joules_per_token"].get<double>(),
      row["predicted_joules_per_token"].get<double>(),
      row["joules_error_percent"].get<double>(),
      row["published_itl_ms"].get<double>(),
      row["predicted_itl_ms"].get<double>(),
      row["itl_error_percent"].get<double>());
}

int Reproduce(const ReproduceFlags& flags, const BuildInfo& build) {
  const auto anchors = CompiledAnchors(flags.name);
  if (!anchors.ok()) return PrintBenchError(anchors.status());
  Json json = Json::object();
  json["rows"] = Json::array();
  for (const ServingAnchor& anchor : *anchors) {
    if (!flags.json) {
      std::cout << absl::StrFormat(
          "%s: %s on %s, modelled\n%6s %-10s %10s %9s %7s %10s %9s %7s\n",
          anchor.name, anchor.model_shape, anchor.platform, "batch", "",
          "J/token", "model", "%", "ITL ms", "model", "%");
    }
    for (const AnchorRow& row : anchor.rows) {
      json["rows"].push_back(RowJson(anchor, row));
      if (!flags.json) PrintRow(json["rows"].back());
    }
  }
  if (!flags.json) return 0;
  json["method"] = "modelled";
  Provenance from;
  from.build = build;
  from.numerics = "bf16";
  AddBenchProvenance(from, json);
  std::cout << json.dump() << "\n";
  return 0;
}

}  // namespace

Command ReproduceCommand(const BuildInfo& build) {
  auto flags = std::make_shared<ReproduceFlags>();
  return {.name = "reproduce",
          .help = "published results beside ours, row by row",
          .flags = ReproduceFlagTable(*flags),
          .run = [flags, build] { return Reproduce(*flags, build); }};
}

}  // namespace mj
