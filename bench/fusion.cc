// millijoule-bench fusion: bytes that a model's feed-forward parts and
// attention move layer by layer, and fused.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "engine/model/model_file.h"
#include "hw_backends/models/attention_pass.h"
#include "hw_backends/models/fusion_ledger.h"
#include "hw_backends/models/shape_file.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct FusionFlags {
  std::string model, model_shape;
  int rows = 1, context = 1024;
  int input_bits = 8, weight_bits = 8, kv_bits = 8, products = 16;
  bool json = false;
};

std::vector<Flag> FusionFlagTable(FusionFlags& flags) {
  return {TextFlag("model", "FILE", "a GGUF file, of which only sizes are read",
                   flags.model),
          TextFlag("model-shape", "NAME", "in place of --model: a known shape",
                   flags.model_shape),
          IntFlag("rows", "rows of activations (tokens of one sequence)", 1,
                  1 << 20, flags.rows),
          IntFlag("context", "positions that each row attends to", 1, 1 << 20,
                  flags.context),
          IntFlag("input-bits", "of an activation or a score", 1, 32,
                  flags.input_bits),
          IntFlag("weight-bits", "of a weight", 1, 32, flags.weight_bits),
          IntFlag("kv-bits", "of an element of a key or value", 1, 32,
                  flags.kv_bits),
          IntFlag("products", "a cycle, of a unit that computes scores", 1,
                  1 << 16, flags.products),
          SwitchFlag("json", "one JSON object", flags.json)};
}

absl::StatusOr<ModelShape> ModelOf(const FusionFlags& flags) {
  if (flags.model.empty() == flags.model_shape.empty()) {
    return absl::InvalidArgumentError(
        "fusion needs either --model FILE or --model-shape NAME");
  }
  if (flags.model.empty()) {
    absl::StatusOr<ServedShape> served = FindShape(flags.model_shape);
    if (!served.ok()) return served.status();
    return std::move(served->shape);
  }
  const absl::StatusOr<ModelFile> file = ModelFile::Open(flags.model);
  if (!file.ok()) return file.status();
  return ShapeOf(file->config(), *file);
}

Json BytesJson(const BytesByClass& bytes) {
  return {{"weights", bytes.weights},
          {"activations", bytes.activations},
          {"kv", bytes.kv},
          {"scores", bytes.scores},
          {"total", bytes.total()}};
}

double Saved(double fused, double layer_by_layer) {
  return 1 - fused / layer_by_layer;
}

Json LedgerJson(const std::string& part, const FusionLedger& ledger) {
  const BytesByClass &apart = ledger.layer_by_layer, &fused = ledger.fused;
  return {{"part", part},
          {"layer_by_layer", BytesJson(apart)},
          {"fused", BytesJson(fused)},
          // Of what moves between operators, then of all.
          {"intermediates_saved", Saved(fused.activations + fused.scores,
                                        apart.activations + apart.scores)},
          {"total_saved", Saved(fused.total(), apart.total())}};
}

Json SoftmaxJson(const FusionFlags& flags, const ModelShape& model) {
  const int64_t keys = flags.context;
  const double score_bytes = flags.input_bits / 8.0;
  const auto apart = UnfusedSoftmaxCycles(keys, model.head_dim, flags.products);
  const auto fused = FusedSoftmaxCycles(keys, model.head_dim, flags.products);
  const auto buffer = [&](int64_t scores) {
    return static_cast<double>(scores) * score_bytes;
  };
  return {{"part", "softmax of one head, a prompt of `context` tokens"},
          {"score_buffer_bytes",
           {{"layer_by_layer", buffer(UnfusedScoreBytes(keys, 1))},
            {"fused", buffer(FusedScoreBytes(keys, 1))}}},
          {"cycles_a_query", {{"layer_by_layer", apart}, {"fused", fused}}},
          {"speedup", static_cast<double>(apart) / static_cast<double>(fused)}};
}

absl::StatusOr<Json> FusionJson(const FusionFlags& flags) {
  const absl::StatusOr<ModelShape> model = ModelOf(flags);
  if (!model.ok()) return model.status();
  const ElementBytes bytes{.activation = flags.input_bits / 8.0,
                           .weight = flags.weight_bits / 8.0,
                           .kv = flags.kv_bits / 8.0,
                           .score = flags.input_bits / 8.0};
  Json json;
  json["model_shape"] = model->name;
  json["layers"] = model->layers.size();
  json["m"] = flags.rows;
  json["context"] = flags.context;
  Json mlp = LedgerJson("feed-forward, all layers",
                        LedgerOfMlps(*model, flags.rows, bytes));
  mlp["m_where_activations_match_weights"] =
      RowsToMatchWeights(LedgerOfMlps(*model, 1, bytes));
  Json attention =
      LedgerJson("attention, all layers",
                 LedgerOfAttentions(*model, flags.rows, flags.context, bytes));
  json["rows"] = {std::move(mlp), std::move(attention),
                  SoftmaxJson(flags, *model)};
  json["method"] = "modelled";
  return json;
}

void PrintLedger(const Json& row) {
  std::cout << row["part"].get<std::string>() << "\n";
  for (const char* way : {"layer_by_layer", "fused"}) {
    std::cout << absl::StrFormat("  %-15s", way);
    for (const auto& [key, value] : row[way].items()) {
      std::cout << absl::StrFormat("  %s %.6g", key, value.get<double>());
    }
    std::cout << " bytes\n";
  }
  std::cout << absl::StrFormat(
      "  saved: %.1f %% of what moves between operators, %.2f %% of all\n",
      100 * row["intermediates_saved"].get<double>(),
      100 * row["total_saved"].get<double>());
}

void PrintText(const Json& json) {
  const Json &rows = json["rows"], &softmax = rows[2];
  std::cout << absl::StrFormat("%s, %d layers, %d rows, %d positions\n",
                               json["model_shape"].get<std::string>(),
                               json["layers"].get<int>(), json["m"].get<int>(),
                               json["context"].get<int>());
  PrintLedger(rows[0]);
  std::cout << "  activations, layer by layer, match the weights at "
            << rows[0]["m_where_activations_match_weights"] << " rows\n";
  PrintLedger(rows[1]);
  const Json &buffer = softmax["score_buffer_bytes"],
             &cycles = softmax["cycles_a_query"];
  std::cout << softmax["part"].get<std::string>()
            << absl::StrFormat(
                   "\n  score buffer %.6g bytes, fused %.6g; cycles a query "
                   "%d, fused %d: %.2f times as fast\n",
                   buffer["layer_by_layer"].get<double>(),
                   buffer["fused"].get<double>(),
                   cycles["layer_by_layer"].get<int64_t>(),
                   cycles["fused"].get<int64_t>(),
                   softmax["speedup"].get<double>());
}

int RunFusion(const FusionFlags& flags, const BuildInfo& build) {
  absl::StatusOr<Json> json = FusionJson(flags);
  if (!json.ok()) return PrintBenchError(json.status());
  if (!flags.json) {
    PrintText(*json);
    return 0;
  }
  Provenance from;
  from.build = build;
  AddBenchProvenance(from, *json);
  std::cout << json->dump() << "\n";
  return 0;
}

}  // namespace

Command FusionCommand(const BuildInfo& build) {
  auto flags = std::make_shared<FusionFlags>();
  return {.name = "fusion",
          .help = "bytes moved layer by layer and fused, from a model's sizes",
          .flags = FusionFlagTable(*flags),
          .run = [flags, build] { return RunFusion(*flags, build); }};
}

}  // namespace mj
