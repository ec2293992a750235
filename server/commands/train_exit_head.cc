// millijoule train-exit-head: a text to an early-exit head.
#include "engine/speculate/train_exit_head.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/engine_flags.h"
#include "engine/open_engine.h"
#include "engine/speculate/exit_head_file.h"
#include "hw_backends/host/host_facts.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"

namespace mj {
namespace {

struct TrainFlags {
  EngineFlags engine;
  std::string text;
  std::string output;
  ExitTraining training;
  bool json = false;
};

std::vector<Flag> TrainFlagTable(TrainFlags& flags) {
  std::vector<Flag> table = ModelFlagTable(flags.engine);
  table.push_back(Required(TextFlag(
      "text", "FILE", "UTF-8 text like the replies to come", flags.text)));
  Flag layer =
      IntFlag("layer", "layers before a draft", 1, 4096, flags.training.layer);
  layer.default_text = "of a few, the one with the most tokens for their cost";
  table.push_back(std::move(layer));
  table.push_back(NumberFlag("lambda", "X",
                             "ridge penalty, of the mean square of the inputs",
                             0, 1e6, flags.training.lambda));
  table.push_back(IntFlag("draft-vocabulary",
                          "tokens that drafts are chosen from, the text's most "
                          "frequent; 0: all",
                          0, 1 << 22, flags.training.draft_vocabulary));
  Flag output = TextFlag("output", "FILE", "the head", flags.output);
  output.default_text = "the model's path with the extension .exit-head";
  table.push_back(std::move(output));
  table.push_back(SwitchFlag("json", "one JSON object", flags.json));
  return table;
}

std::string OutputOf(const TrainFlags& flags) {
  if (!flags.output.empty()) return flags.output;
  return std::filesystem::path(flags.engine.model)
      .replace_extension(".exit-head")
      .string();
}

// Said before the model runs for minutes, rather than after.
absl::Status CheckFolder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat(
      "--output: '", path, "': the folder '", folder.string(), "' is needed"));
}

struct Report {
  TrainedExitHead trained;
  std::string output;
  int64_t text_tokens = 0;
  double seconds = 0;
  Provenance from;
};

absl::StatusOr<Report> Train(const TrainFlags& flags, const BuildInfo& build) {
  const auto start = std::chrono::steady_clock::now();
  Report report{.output = OutputOf(flags)};
  if (absl::Status found = CheckFolder(report.output); !found.ok()) {
    return found;
  }
  const absl::StatusOr<std::string> text = ReadFile(flags.text);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::unique_ptr<LoadedModel>> model =
      OpenModel(flags.engine, kHostRoot);
  if (!model.ok()) return model.status();
  const std::vector<TokenId> ids = (*model)->tokenizer->Encode(
      *text, {.add_special = false, .parse_special = false});
  report.text_tokens = std::ssize(ids);
  ExitTraining training = flags.training;
  training.version = build.version;
  absl::StatusOr<TrainedExitHead> trained =
      TrainExitHead(training, ids, **model);
  if (!trained.ok()) return trained.status();
  report.trained = *std::move(trained);
  absl::Status written = WriteExitHead(report.trained.head, report.output);
  if (!written.ok()) return written;
  const BackendInfo& backend = (*model)->backend->info();
  report.from.build = build;
  report.from.cpu = ReadCpuName(kHostRoot);
  report.from.isa = backend.isa;
  report.from.numerics = backend.numerics;
  report.from.model_fingerprint = (*model)->fingerprint;
  report.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return report;
}

void PrintText(const Report& report) {
  const TrainedExitHead& trained = report.trained;
  const ExitHead& head = trained.head;
  std::cout << absl::StrFormat("%5s %10s %6s %28s  %s\n", "layer", "agreement",
                               "cost", "tokens a step, 1 to 4 drafts",
                               "gain at most");
  for (const ExitTrial& trial : trained.trials) {
    std::cout << absl::StrFormat(
        "%5d %8.1f %% %6.3f %9.2f %5.2f %5.2f %5.2f  %.2f with %d drafts\n",
        trial.layer, 100 * trial.agreement, trial.cost, trial.tokens[0],
        trial.tokens[1], trial.tokens[2], trial.tokens[3], trial.best.value,
        trial.best.drafts);
  }
  std::cout << absl::StrFormat(
      "%s: after layer %d of %d, drafts from %s tokens, lambda %g, trained on "
      "%d positions of %d tokens, held out %d, %.1f s, sha256 %s\n",
      report.output, head.layer, head.num_layers,
      head.vocabulary.empty() ? "all" : absl::StrCat(head.vocabulary.size()),
      head.lambda, head.tokens, report.text_tokens, trained.held_out,
      report.seconds, head.checksum);
}

void PrintJson(const Report& report) {
  const TrainedExitHead& trained = report.trained;
  const ExitHead& head = trained.head;
  Json json = Json::object();
  json["output"] = report.output;
  json["sha256"] = head.checksum;
  json["layer"] = head.layer;
  json["num_layers"] = head.num_layers;
  json["lambda"] = head.lambda;
  json["draft_vocabulary"] = head.vocabulary.size();
  json["text_tokens"] = report.text_tokens;
  json["trained_positions"] = head.tokens;
  json["held_out_positions"] = trained.held_out;
  json["held_out_agreement"] = head.agreement;
  json["seconds"] = report.seconds;
  json["rows"] = Json::array();
  for (const ExitTrial& trial : trained.trials) {
    json["rows"].push_back({{"layer", trial.layer},
                            {"held_out_agreement", trial.agreement},
                            {"cost", trial.cost},
                            {"tokens_per_step", trial.tokens},
                            {"best_drafts", trial.best.drafts},
                            {"gain_at_most", trial.best.value}});
  }
  AddProvenance(report.from, json);
  std::cout << DumpJson(json) << "\n";
}

int TrainAndTell(const TrainFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<Report> report = Train(flags, build);
  if (!report.ok()) return PrintError(report.status());
  if (flags.json) {
    PrintJson(*report);
  } else {
    PrintText(*report);
  }
  return 0;
}

}  // namespace

Command TrainExitHeadCommand(const BuildInfo& build) {
  auto flags = std::make_shared<TrainFlags>();
  return {.name = "train-exit-head",
          .help = "an early-exit head from a text, for drafts",
          .flags = TrainFlagTable(*flags),
          .run = [flags, build] { return TrainAndTell(*flags, build); }};
}

}  // namespace mj
