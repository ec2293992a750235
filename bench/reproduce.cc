// millijoule-bench reproduce: published results beside ours, row by row.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "hw_backends/models/reproduction.h"
#include "hw_backends/models/serving_anchor.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

// Of what a platform's model predicts between the points it was fitted to.
constexpr double kServingTolerance = 0.10;

struct ReproduceFlags {
  std::string name, data_dir;
  std::vector<std::string> set;
  bool json = false;
};

std::vector<Flag> ReproduceFlagTable(ReproduceFlags& flags) {
  Flag name = TextFlag("name", "NAME",
                       "a published result, its group or its device; empty: "
                       "all",
                       flags.name);
  name.kind = FlagKind::kPlace;
  return {std::move(name),
          TextListFlag("set", "KEY=VALUE",
                       "overrides a value of every descriptor that has the key",
                       flags.set),
          TextFlag("data-dir", "DIR",
                   "descriptors that stand before those compiled in",
                   flags.data_dir),
          SwitchFlag("json", "one JSON object", flags.json)};
}

Json RowJson(const std::string& name, double published, double ours,
             const std::string& unit, double tolerance) {
  const double error = ours / published - 1;
  Json json;
  json["name"] = name;
  json["published"] = published;
  json["ours"] = ours;
  json["unit"] = unit;
  json["error"] = error;
  json["tolerance"] = tolerance;
  json["class"] = "";
  // A tolerance of 0 is that of arithmetic in doubles.
  json["pass"] = std::abs(error) <= std::max(tolerance, 1e-12);
  return json;
}

absl::StatusOr<Json> DeviceRow(const ReproduceFlags& flags,
                               const PublishedResult& result) {
  absl::StatusOr<DeviceFile> file =
      DeviceFile::Find(result.device, flags.data_dir);
  if (!file.ok()) return file.status();
  for (const std::string& assignment : flags.set) {
    if (!file->Has(assignment.substr(0, assignment.find('=')))) continue;
    if (absl::Status s = file->Set(assignment); !s.ok()) return s;
  }
  const absl::StatusOr<double> ours = ReproduceOn(*file, result);
  if (!ours.ok()) return ours.status();
  Json json =
      RowJson(result.name, result.published, *ours,
              result.unit.empty() ? "ratio" : result.unit, result.tolerance);
  json["class"] = result.result_class;
  json["identity"] = result.identity;
  json["group"] = result.group;
  json["device"] = result.device;
  json["quantity"] = result.quantity;
  if (!result.gemm.empty()) json["gemm"] = result.gemm;
  if (!result.model_shape.empty()) json["model_shape"] = result.model_shape;
  if (result.input_bits > 0) json["input_bits"] = result.input_bits;
  if (result.weight_bits > 0) json["weight_bits"] = result.weight_bits;
  if (!result.set.empty()) json["set"] = result.set;
  json["source"] = result.source;
  return json;
}

Json ServingRow(const ServingAnchor& anchor, const AnchorRow& row,
                const std::string& what, double published, double ours,
                const std::string& unit) {
  Json json =
      RowJson(absl::StrCat(anchor.name, ", batch ", row.batch, ", ", what),
              published, ours, unit, kServingTolerance);
  json["class"] = "d";
  json["identity"] = row.calibrated;
  json["group"] = anchor.name;
  json["device"] = anchor.platform;
  json["model_shape"] = anchor.model_shape;
  json["batch"] = row.batch;
  return json;
}

// The serving of a platform, by name or all: two rows a batch.
absl::Status AddServing(const std::string& name, std::vector<Json>& rows) {
  const auto anchors = CompiledAnchors("");
  if (!anchors.ok()) return anchors.status();
  for (const ServingAnchor& anchor : *anchors) {
    if (!name.empty() && name != anchor.name && name != anchor.platform) {
      continue;
    }
    for (const AnchorRow& row : anchor.rows) {
      rows.push_back(ServingRow(anchor, row, "joules a token",
                                row.published_energy.value(),
                                row.predicted_energy.value(), "J"));
      rows.push_back(ServingRow(anchor, row, "inter-token latency",
                                row.published_itl.count(),
                                row.predicted_itl.count(), "s"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Json>> Rows(const ReproduceFlags& flags,
                                       const PublishedFile& published) {
  std::vector<Json> rows;
  for (const PublishedResult& result : published.results) {
    if (!flags.name.empty() && flags.name != result.name &&
        flags.name != result.group && flags.name != result.device) {
      continue;
    }
    absl::StatusOr<Json> row = DeviceRow(flags, result);
    if (!row.ok()) return row.status();
    rows.push_back(*std::move(row));
  }
  if (absl::Status s = AddServing(flags.name, rows); !s.ok()) return s;
  if (rows.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no published result, group or device is named \"",
                     flags.name, "\"; without a name, all are listed"));
  }
  return rows;
}

// Errors by group, identities left out.
Json Groups(const std::vector<Json>& rows) {
  std::map<std::string, std::vector<double>> errors;
  for (const Json& row : rows) {
    if (row["identity"].get<bool>()) continue;
    errors[row["group"].get<std::string>()].push_back(
        std::abs(row["error"].get<double>()));
  }
  Json groups = Json::array();
  for (const auto& [group, values] : errors) {
    double sum = 0;
    for (const double value : values) sum += value;
    groups.push_back(
        {{"group", group},
         {"rows", values.size()},
         {"mean_error", sum / static_cast<double>(values.size())},
         {"max_error", *std::max_element(values.begin(), values.end())}});
  }
  return groups;
}

void PrintTables(const Json& json) {
  for (const Json& row : json["rows"]) {
    std::cout << absl::StrFormat(
        "%-62s %12.5g %12.5g %-10s %+7.2f %% of %5.2f  %s %s\n",
        row["name"].get<std::string>(), row["published"].get<double>(),
        row["ours"].get<double>(), row["unit"].get<std::string>(),
        100 * row["error"].get<double>(), 100 * row["tolerance"].get<double>(),
        row["class"].get<std::string>(),
        row["identity"].get<bool>() ? "identity"
        : row["pass"].get<bool>()   ? "pass"
                                    : "MISS");
  }
  for (const Json& group : json["groups"]) {
    std::cout << absl::StrFormat(
        "%-40s %3d rows, error mean %.2f %%, max %.2f %%\n",
        group["group"].get<std::string>(), group["rows"].get<int>(),
        100 * group["mean_error"].get<double>(),
        100 * group["max_error"].get<double>());
  }
  for (const Json& other : json["not_reproduced"]) {
    std::cout << "not reproduced: " << other["name"].get<std::string>() << ": "
              << other["why"].get<std::string>() << "\n";
  }
}

int Reproduce(const ReproduceFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<PublishedFile> published = CompiledPublished();
  if (!published.ok()) return PrintBenchError(published.status());
  const absl::StatusOr<std::vector<Json>> rows = Rows(flags, *published);
  if (!rows.ok()) return PrintBenchError(rows.status());
  Json json = Json::object();
  json["rows"] = *rows;
  json["groups"] = Groups(*rows);
  json["not_reproduced"] = Json::array();
  for (const NotReproduced& other : published->not_reproduced) {
    if (!flags.name.empty()) break;
    json["not_reproduced"].push_back(
        {{"name", other.name}, {"why", other.why}});
  }
  if (!flags.json) {
    PrintTables(json);
    return 0;
  }
  json["method"] = "modelled";
  Provenance from;
  from.build = build;
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
