#include "hw_backends/models/reproduction.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/cim/cell_statistics.h"
#include "hw_backends/models/attention_pass.h"
#include "hw_backends/models/device_model.h"
#include "hw_backends/models/fusion_ledger.h"
#include "hw_backends/models/shape_file.h"

namespace mj {
namespace {

absl::StatusOr<PricedOp> PriceOf(const DeviceDescriptor& device,
                                 const PublishedResult& result) {
  const absl::StatusOr<GemmShape> gemm = ParseGemm(result.gemm);
  if (!gemm.ok()) return gemm.status();
  const absl::StatusOr<Sparsity> kept = ParseSparsity(result.sparsity);
  if (!kept.ok()) return kept.status();
  DeviceOp op{*gemm, result.input_bits, result.weight_bits, *kept};
  if (op.input_bits == 0) op.input_bits = DefaultBits(device.input_bits);
  if (op.weight_bits == 0) op.weight_bits = DefaultBits(device.weight_bits);
  return PriceOp(device, op);
}

double OfOp(const DeviceDescriptor& device, const std::string& quantity,
            const PricedOp& priced) {
  const DeviceCost& cost = priced.cost;
  const double macro = cost.joules.macro.total().value();
  if (quantity == "cycles") return cost.cycles;
  if (quantity == "seconds") return cost.time.count();
  if (quantity == "cycle_seconds") return cost.time.count() / cost.cycles;
  if (quantity == "ops_per_second") return 2 * cost.macs / cost.time.count();
  if (quantity == "macro_joules_per_mac") return macro / cost.macs;
  if (quantity == "macro_joules_per_cycle") return macro / cost.cycles;
  if (quantity == "macro_ops_per_joule") return 2 * cost.macs / macro;
  if (quantity == "macro_watts") return macro / cost.time.count();
  if (quantity == "utilisation") return priced.utilisation;
  if (quantity == "dram_joules") return cost.joules.dram.value();
  if (quantity == "executed_joules") return cost.joules.macro.array.value();
  if (quantity == "ops_per_second_and_mm2") {
    return 2 * cost.macs / cost.time.count() / device.area_mm2;
  }
  if (quantity == "dram_word_over_mac") {
    constexpr double kWord = 2;  // bytes
    return cost.joules.dram.value() / cost.bytes.weights * kWord /
           (cost.joules.macro.array.value() / cost.macs);
  }
  return -1;
}

// Of a token at batch 1 and the first position.
absl::StatusOr<double> DecodeRate(const DeviceDescriptor& device,
                                  const PublishedResult& result) {
  const absl::StatusOr<ServedShape> served = FindShape(result.model_shape);
  if (!served.ok()) return served.status();
  DeviceModelOptions options;
  options.cost.kv_element_bytes = 1;
  const absl::StatusOr<DeviceModel> model =
      DeviceModel::Create(device, served->shape, options);
  if (!model.ok()) return model.status();
  const StepShape step{{{.num_tokens = 1, .num_logits = 1}}};
  return 1 / model->PriceStep(step).time.count();
}

// What a head's softmax keeps at once, of a prompt of `gemm`'s M tokens.
absl::StatusOr<double> ScoresKept(const DeviceDescriptor& device,
                                  const PublishedResult& result) {
  const absl::StatusOr<GemmShape> gemm = ParseGemm(result.gemm);
  if (!gemm.ok()) return gemm.status();
  return static_cast<double>(device.fuses_softmax
                                 ? FusedScoreBytes(gemm->m, 1)
                                 : UnfusedScoreBytes(gemm->m, 1));
}

// C_in = C_out = 1 and stride 1: both maps between are `expansion` wide.
double Fusion(double expansion, double touches) {
  return FusionReduction({.in = 1, .between = 2 * expansion, .out = 1},
                         touches);
}

absl::StatusOr<double> OfCells(const PublishedResult& result) {
  constexpr int kCells = 200000;
  constexpr uint64_t kSeed = 7;
  const std::optional<CellKind> kind = ParseCellKind(result.cells);
  if (!kind) {
    return absl::InvalidArgumentError(absl::StrCat(
        result.name, ": cells \"", result.cells, "\" are of no known kind"));
  }
  const CellStatistics cells =
      SampleCells(*kind, static_cast<float>(result.conductance),
                  Seconds(result.age_seconds), kCells, kSeed);
  return result.quantity == "cell_mean" ? cells.mean : cells.deviation;
}

absl::StatusOr<double> Evaluate(const DeviceDescriptor& device,
                                const PublishedResult& r) {
  if (r.quantity == "serving_tokens_per_second" && device.serving) {
    return TokensPerSecond(*device.serving);
  }
  if (r.quantity == "serving_joules_per_token" && device.serving) {
    return JoulesPerToken(*device.serving).value();
  }
  if (r.quantity == "decode_tokens_per_second") return DecodeRate(device, r);
  if (r.quantity == "scores_kept") return ScoresKept(device, r);
  if (r.quantity == "cell_mean" || r.quantity == "cell_deviation") {
    return OfCells(r);
  }
  if (r.quantity == "fusion_6_once") return Fusion(6, 1);
  if (r.quantity == "fusion_6_twice") return Fusion(6, 2);
  const auto* tile = std::get_if<TileDevice>(&device.unit);
  if (tile != nullptr && r.quantity == "lossless_adc_bits") {
    const auto* c = std::get_if<Crossbar>(&tile->unit);
    if (c != nullptr)
      return LosslessAdcBits(c->rows, c->dac_bits, c->cell_bits);
  }
  if (tile != nullptr && r.quantity == "conversions_per_mac") {
    const double conversions =
        ConversionsPerMac(*tile, r.input_bits, r.weight_bits);
    if (conversions > 0) return conversions;
  }
  const absl::StatusOr<PricedOp> priced = PriceOf(device, r);
  if (!priced.ok()) return priced.status();
  const double value = OfOp(device, r.quantity, *priced);
  if (value >= 0) return value;
  return absl::InvalidArgumentError(absl::StrCat(
      r.name, ": ", device.name, " has no quantity \"", r.quantity, "\""));
}

absl::StatusOr<double> ReproduceWith(DeviceFile device,
                                     const PublishedResult& result) {
  for (const std::string& assignment : result.set) {
    if (absl::Status s = device.Set(assignment); !s.ok()) return s;
  }
  const absl::StatusOr<DeviceDescriptor> descriptor = device.Read();
  if (!descriptor.ok()) return descriptor.status();
  return Evaluate(*descriptor, result);
}

PublishedResult BaseOf(PublishedResult result) {
  result.set = result.base_set;
  result.sparsity = result.base_sparsity;
  result.input_bits = result.base_input_bits;
  return result;
}

}  // namespace

absl::StatusOr<double> ReproduceOn(DeviceFile device,
                                   const PublishedResult& result) {
  const absl::StatusOr<double> ours = ReproduceWith(device, result);
  if (!ours.ok() || result.compare.empty()) return ours;
  const absl::StatusOr<double> base =
      ReproduceWith(std::move(device), BaseOf(result));
  if (!base.ok()) return base;
  if (result.compare == "ratio") return *base / *ours;
  if (result.compare == "saving") return 1 - *ours / *base;
  return absl::InvalidArgumentError(
      absl::StrCat(result.name, ": compare is \"", result.compare,
                   "\", must be ratio or saving"));
}

}  // namespace mj
