// millijoule-bench sensitivity: which layers of a model bear an analog device's
// cells, and what more and more of them there save and cost.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/commands.h"
#include "bench/layer_split.h"
#include "bench/split_price.h"
#include "engine/open_engine.h"
#include "hw_backends/cim/analog_device.h"
#include "hw_backends/models/device_file.h"
#include "hw_backends/simulated_backend.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCim = "cim:";

struct SensitivityFlags {
  EngineFlags engine;
  std::string text;
  std::string digital = "cimple-28nm";
  int tokens = 512;
  int points = 9;
  bool json = false;
};

std::vector<Flag> SensitivityFlagTable(SensitivityFlags& flags) {
  std::vector<Flag> table = ModelFlagTable(flags.engine);
  for (Flag& flag : std::vector<Flag>{
           Required(TextFlag("text", "FILE", "UTF-8 text", flags.text)),
           IntFlag("tokens", "of the text, at most", 2, 1 << 20, flags.tokens),
           TextFlag("digital", "NAME",
                    "device that prices the layers that are not analog",
                    flags.digital),
           IntFlag("points", "splits from none to all analog", 2, 1 << 10,
                   flags.points),
           SwitchFlag("json", "one JSON object", flags.json)}) {
    table.push_back(std::move(flag));
  }
  return table;
}

absl::StatusOr<DeviceDescriptor> DescriptorOf(std::string_view name,
                                              const std::string& data_dir) {
  const absl::StatusOr<DeviceFile> file = DeviceFile::Find(name, data_dir);
  if (!file.ok()) return file.status();
  return file->Read();
}

// A part of the model, alone on the analog side.
struct PartLoss {
  int part = 0;
  double snr = 0;  // dB
  double nll = 0;
};

// So many of the least sensitive parts on the analog side.
struct Point {
  std::vector<bool> analog;
  double nll = 0;
};

struct Report {
  double digital_nll = 0;
  int64_t tokens = 0;
  std::vector<PartLoss> parts;  // least loss first
  std::vector<Point> points;    // from none to all
};

std::vector<PartLoss> RankParts(LayerSplit& split) {
  const std::vector<double> snr = split.SignalToNoise();
  std::vector<PartLoss> parts;
  for (int part = 0; part < split.num_parts(); ++part) {
    std::vector<bool> alone(split.num_parts());
    alone[part] = true;
    parts.push_back({part, snr[part], split.MeanNll(alone)});
  }
  std::ranges::stable_sort(parts, {}, &PartLoss::nll);
  return parts;
}

Report Measure(int points, LayerSplit& split) {
  const int num_parts = split.num_parts();
  Report report;
  report.tokens = split.tokens();
  report.digital_nll = split.MeanNll(std::vector<bool>(num_parts));
  report.parts = RankParts(split);
  int before = -1;
  for (int i = 0; i < points; ++i) {
    const int held = i * num_parts / (points - 1);
    if (std::exchange(before, held) == held) continue;
    Point point{std::vector<bool>(num_parts)};
    for (int k = 0; k < held; ++k) point.analog[report.parts[k].part] = true;
    point.nll = split.MeanNll(point.analog);
    report.points.push_back(std::move(point));
  }
  return report;
}

std::string PartName(int part, int num_parts) {
  return part + 1 == num_parts ? "head" : absl::StrCat(part);
}

// As --analog-layers takes it.
std::string LayersText(const std::vector<bool>& analog) {
  std::vector<std::string> names;
  for (size_t i = 0; i < analog.size(); ++i) {
    if (!analog[i]) continue;
    names.push_back(
        PartName(static_cast<int>(i), static_cast<int>(analog.size())));
  }
  return names.empty() ? "none" : absl::StrJoin(names, ",");
}

Json PartsJson(const Report& report, const SplitPrice& price) {
  const int num_parts = static_cast<int>(report.parts.size());
  Json layers = Json::array();
  for (const PartLoss& part : report.parts) {
    layers.push_back({{"layer", PartName(part.part, num_parts)},
                      {"mac_share", price.MacShare(part.part)},
                      {"snr_db", part.snr},
                      {"mean_nll", part.nll},
                      {"nll_loss", part.nll - report.digital_nll}});
  }
  return layers;
}

absl::StatusOr<Json> PointsJson(const Report& report, const SplitPrice& price,
                                const AnalogDevice& device,
                                const ModelShape& shape) {
  Json rows = Json::array();
  for (const Point& point : report.points) {
    const std::string text = LayersText(point.analog);
    const absl::StatusOr<AnalogLayers> layers = AnalogLayers::Parse(text);
    if (!layers.ok()) return layers.status();
    const int64_t tiles = TilesOf(device, shape, *layers);
    double share = 0;
    for (size_t i = 0; i < point.analog.size(); ++i) {
      if (point.analog[i]) share += price.MacShare(static_cast<int>(i));
    }
    rows.push_back({{"analog_layers", text},
                    {"analog_mac_share", share},
                    {"joules_per_token", price.PerToken(point.analog).value()},
                    {"tiles_needed", tiles},
                    {"chips", (tiles + device.tiles - 1) / device.tiles},
                    {"mean_nll", point.nll},
                    {"perplexity", std::exp(point.nll)},
                    {"nll_loss", point.nll - report.digital_nll}});
  }
  return rows;
}

absl::StatusOr<std::unique_ptr<LoadedModel>> OpenSide(EngineFlags flags,
                                                      const char* layers) {
  absl::StatusOr<AnalogLayers> parsed = AnalogLayers::Parse(layers);
  if (!parsed.ok()) return parsed.status();
  flags.analog.layers = *std::move(parsed);
  flags.analog.chips = 1 << 20;  // as many as it takes is a result
  return OpenModel(flags, kHostRoot);
}

absl::StatusOr<std::vector<TokenId>> ReadTokens(const SensitivityFlags& flags,
                                                const Tokenizer& tokenizer) {
  std::ifstream file(flags.text, std::ios::binary);
  std::ostringstream text;
  if (file.good()) text << file.rdbuf();
  if (!file.good()) {
    return absl::NotFoundError(
        absl::StrCat("--text: cannot read '", flags.text, "'"));
  }
  std::vector<TokenId> ids = tokenizer.Encode(
      text.str(), {.add_special = false, .parse_special = false});
  ids.resize(std::min(ids.size(), static_cast<size_t>(flags.tokens)));
  return ids;
}

absl::StatusOr<Json> SensitivityJson(const SensitivityFlags& flags,
                                     const BuildInfo& build) {
  const AnalogOptions& options = flags.engine.analog;
  if (!flags.engine.backend.starts_with(kCim)) {
    return absl::InvalidArgumentError(
        "sensitivity needs --backend cim:NAME, of an analog device");
  }
  const absl::StatusOr<DeviceDescriptor> analog =
      FindSimulated(flags.engine.backend, flags.engine.data_dir);
  if (!analog.ok()) return analog.status();
  const absl::StatusOr<AnalogDevice> device = AnalogDeviceOf(*analog, options);
  if (!device.ok()) return device.status();
  const absl::StatusOr<DeviceDescriptor> digital =
      DescriptorOf(flags.digital, flags.engine.data_dir);
  if (!digital.ok()) return digital.status();
  const auto in_bits = OpenSide(flags.engine, "none");
  if (!in_bits.ok()) return in_bits.status();
  const auto in_cells = OpenSide(flags.engine, "all");
  if (!in_cells.ok()) return in_cells.status();
  const absl::StatusOr<std::vector<TokenId>> ids =
      ReadTokens(flags, *(*in_bits)->tokenizer);
  if (!ids.ok()) return ids.status();
  absl::StatusOr<LayerSplit> split =
      LayerSplit::Make(**in_bits, **in_cells, *ids);
  if (!split.ok()) return split.status();
  const ModelShape& shape = (*in_bits)->shape;
  const absl::StatusOr<SplitPrice> price =
      SplitPrice::Make(*analog, *digital, shape);
  if (!price.ok()) return price.status();

  const Report report = Measure(flags.points, *split);
  Json json = Json::object();
  json["device"] = analog->name;
  json["digital_device"] = digital->name;
  json["cells"] = std::string(CellKindName(device->cells));
  json["age_seconds"] = options.age.count();
  json["drift_compensation"] = options.drift_compensation;
  json["device_seed"] = options.seed;
  json["tokens"] = report.tokens;
  json["digital_mean_nll"] = report.digital_nll;
  json["layers"] = PartsJson(report, *price);
  absl::StatusOr<Json> rows = PointsJson(report, *price, *device, shape);
  if (!rows.ok()) return rows.status();
  json["rows"] = *std::move(rows);
  json["method"] = "modelled";  // the joules
  Provenance from = BenchProvenance(**in_bits, build);
  from.calibration = analog->calibration;
  AddBenchProvenance(from, json);
  return json;
}

void PrintTables(const Json& json) {
  std::cout << "layer  share of MACs  SNR, dB  NLL loss\n";
  for (const Json& layer : json["layers"]) {
    std::cout << absl::StrFormat(
        "%-5s %14.4f %8.1f %9.4f\n", layer["layer"].get<std::string>(),
        layer["mac_share"].get<double>(), layer["snr_db"].get<double>(),
        layer["nll_loss"].get<double>());
  }
  std::cout << "share of MACs  J/token (modelled)  chips  perplexity  layers\n";
  for (const Json& row : json["rows"]) {
    std::cout << absl::StrFormat(
        "%13.4f %19.3g %6d %11.3f  %s\n", row["analog_mac_share"].get<double>(),
        row["joules_per_token"].get<double>(), row["chips"].get<int64_t>(),
        row["perplexity"].get<double>(),
        row["analog_layers"].get<std::string>());
  }
}

int RunSensitivity(const SensitivityFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<Json> json = SensitivityJson(flags, build);
  if (!json.ok()) return PrintBenchError(json.status());
  if (flags.json) {
    std::cout << json->dump() << "\n";
  } else {
    PrintTables(*json);
  }
  return 0;
}

}  // namespace

Command SensitivityCommand(const BuildInfo& build) {
  auto flags = std::make_shared<SensitivityFlags>();
  return {.name = "sensitivity",
          .help = "which layers bear an analog device, and what that saves",
          .flags = SensitivityFlagTable(*flags),
          .run = [flags, build] { return RunSensitivity(*flags, build); }};
}

}  // namespace mj
