// millijoule-bench price: one product, or one step of a model, on one device.
#include <cmath>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "engine/simulate/scenario.h"
#include "hw_backends/models/assumed_constants.h"
#include "hw_backends/models/device_model.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct PriceFlags {
  std::string device, gemm, model_shape, sparsity = "dense", data_dir;
  int input_bits = 0, weight_bits = 0;
  int batch = 1, tokens = 1, context = 0;
  std::vector<std::string> set;
  bool json = false;
};

std::vector<Flag> PriceFlagTable(PriceFlags& flags) {
  return {
      Required(TextFlag("device", "NAME", "a device; an unknown one lists all",
                        flags.device)),
      TextFlag("gemm", "M,N,K",
               "rows of activations, outputs, inputs of one product",
               flags.gemm),
      TextFlag("model-shape", "NAME",
               "in place of --gemm: one step of a known shape, or of a GGUF "
               "file's",
               flags.model_shape),
      IntFlag("batch", "sequences of the step", 1, 1 << 16, flags.batch),
      IntFlag("tokens", "of each: 1 decodes, more are a prompt", 1, 1 << 20,
              flags.tokens),
      IntFlag("context", "tokens that each has already", 0, 1 << 24,
              flags.context),
      IntFlag("input-bits", "of an activation; 0: 8, or what the device takes",
              0, 32, flags.input_bits),
      IntFlag("weight-bits", "of a weight; 0: 8, or what the device takes", 0,
              32, flags.weight_bits),
      TextFlag("sparsity", "S", "of the weights: dense, N:M or block:KEPT/OF",
               flags.sparsity),
      TextListFlag("set", "KEY=VALUE",
                   "overrides a value of the descriptor, in its own unit",
                   flags.set),
      TextFlag("data-dir", "DIR",
               "descriptors that stand before those compiled in",
               flags.data_dir),
      SwitchFlag("json", "one JSON object", flags.json)};
}

absl::StatusOr<DeviceFile> FileOf(const PriceFlags& flags) {
  absl::StatusOr<DeviceFile> file =
      DeviceFile::Find(flags.device, flags.data_dir);
  if (!file.ok()) return file;
  for (const std::string& assignment : flags.set) {
    if (absl::Status s = file->Set(assignment); !s.ok()) return s;
  }
  return file;
}

// What one product and a whole step have in common.
void AddCost(const DeviceCost& cost, Json& json) {
  const JoulesByComponent& j = cost.joules;
  json["cycles"] = std::llround(cost.cycles);
  json["seconds"] = cost.time.count();
  json["joules"] = j.total().value();
  json["ops_per_second"] = 2 * cost.macs / cost.time.count();
  json["joules_by_component"] = {{"macro", j.macro.total().value()},
                                 {"buffers", j.buffers.value()},
                                 {"noc", j.noc.value()},
                                 {"dram", j.dram.value()},
                                 {"static", j.idle.value()}};
  json["macro_by_part"] = {{"array", j.macro.array.value()},
                           {"adc", j.macro.adc.value()},
                           {"adders", j.macro.adders.value()},
                           {"control", j.macro.control.value()}};
  json["bytes_by_class"] = {{"weights", cost.bytes.weights},
                            {"activations", cost.bytes.activations},
                            {"kv", cost.bytes.kv},
                            {"scores", cost.bytes.scores}};
}

void AddPlacement(const Placement& p, Json& json) {
  json["weights_live"] = std::string(WeightsLiveName(p.live));
  json["weights_resident"] = p.resident;
  json["tiles_needed"] = p.tiles_needed;
  json["tiles_had"] = p.tiles_had;
  json["devices"] = p.devices;
  json["load_seconds"] = p.load_time.count();
  json["load_joules"] = p.load_energy.value();
}

void AddDevice(const DeviceDescriptor& device, Json& json) {
  json["citation"] = device.citation;
  json["cannot"] = device.cannot;
  if (device.serving) {
    json["serving"] = {
        {"tokens_per_second", TokensPerSecond(*device.serving)},
        {"joules_per_token", JoulesPerToken(*device.serving).value()}};
  }
}

absl::StatusOr<Json> PriceGemm(const PriceFlags& flags, const DeviceFile& file,
                               const DeviceDescriptor& device) {
  const absl::StatusOr<GemmShape> gemm = ParseGemm(flags.gemm);
  if (!gemm.ok()) return gemm.status();
  const absl::StatusOr<Sparsity> sparsity = ParseSparsity(flags.sparsity);
  if (!sparsity.ok()) return sparsity.status();
  DeviceOp op{*gemm, flags.input_bits, flags.weight_bits, *sparsity};
  if (op.input_bits == 0) op.input_bits = DefaultBits(device.input_bits);
  if (op.weight_bits == 0) op.weight_bits = DefaultBits(device.weight_bits);
  const absl::StatusOr<PricedOp> priced = PriceOp(device, op);
  if (!priced.ok()) return priced.status();
  Json json;
  json["device"] = device.name;
  json["gemm"] = {gemm->m, gemm->n, gemm->k};
  json["input_bits"] = op.input_bits;
  json["weight_bits"] = op.weight_bits;
  json["sparsity"] = SparsityName(op.sparsity);
  AddCost(priced->cost, json);
  json["utilisation"] = priced->utilisation;
  AddPlacement(priced->placement, json);
  json["assumed"] = AssumedConstants(file, op);
  return json;
}

absl::StatusOr<Json> PriceModelStep(const PriceFlags& flags,
                                    const DeviceFile& file,
                                    const DeviceDescriptor& device) {
  const absl::StatusOr<ServedShape> served = ServedShapeOf(flags.model_shape);
  if (!served.ok()) return served.status();
  const absl::StatusOr<Sparsity> sparsity = ParseSparsity(flags.sparsity);
  if (!sparsity.ok()) return sparsity.status();
  const DeviceModelOptions options{.input_bits = flags.input_bits,
                                   .weight_bits = flags.weight_bits,
                                   .sparsity = *sparsity};
  const absl::StatusOr<DeviceModel> model =
      DeviceModel::Create(device, served->shape, options);
  if (!model.ok()) return model.status();
  StepShape step;
  step.sequences.assign(flags.batch, {.num_tokens = flags.tokens,
                                      .context_tokens = flags.context,
                                      .num_logits = 1});
  Json json;
  json["device"] = device.name;
  json["model_shape"] = served->shape.name;
  const DeviceOp& precision = model->precision();
  json["input_bits"] = precision.input_bits;
  json["weight_bits"] =
      precision.weight_bits == 0 ? Json() : Json(precision.weight_bits);
  json["sparsity"] = SparsityName(precision.sparsity);
  json["batch"] = flags.batch;
  json["tokens"] = flags.tokens;
  json["context"] = flags.context;
  AddCost(model->PriceStep(step), json);
  AddPlacement(model->placement(), json);
  json["assumed"] = file.AssumedKeys();
  return json;
}

absl::StatusOr<Json> PriceJson(const PriceFlags& flags) {
  if (flags.gemm.empty() == flags.model_shape.empty()) {
    return absl::InvalidArgumentError(
        "price needs either --gemm M,N,K or --model-shape NAME");
  }
  const absl::StatusOr<DeviceFile> file = FileOf(flags);
  if (!file.ok()) return file.status();
  const absl::StatusOr<DeviceDescriptor> device = file->Read();
  if (!device.ok()) return device.status();
  absl::StatusOr<Json> json = flags.gemm.empty()
                                  ? PriceModelStep(flags, *file, *device)
                                  : PriceGemm(flags, *file, *device);
  if (!json.ok()) return json;
  AddDevice(*device, *json);
  (*json)["method"] = "modelled";
  (*json)["calibration"] = device->calibration;
  return json;
}

void PrintTable(const Json& json) {
  for (const auto& [key, value] : json.items()) {
    std::cout << absl::StrFormat("%-20s ", key)
              << (value.is_string() ? value.get<std::string>() : value.dump())
              << "\n";
  }
}

int RunPrice(const PriceFlags& flags, const BuildInfo& build) {
  absl::StatusOr<Json> json = PriceJson(flags);
  if (!json.ok()) return PrintBenchError(json.status());
  if (!flags.json) {
    PrintTable(*json);
    return 0;
  }
  Provenance from;
  from.build = build;
  from.calibration = (*json)["calibration"].get<std::string>();
  AddBenchProvenance(from, *json);
  std::cout << json->dump() << "\n";
  return 0;
}

}  // namespace

Command PriceCommand(const BuildInfo& build) {
  auto flags = std::make_shared<PriceFlags>();
  return {.name = "price",
          .help = "one product, or one step of a model, on a modelled device",
          .flags = PriceFlagTable(*flags),
          .run = [flags, build] { return RunPrice(*flags, build); }};
}

}  // namespace mj
