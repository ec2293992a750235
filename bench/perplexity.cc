// millijoule-bench perplexity: the mean negative log-likelihood of a text, and
// what adaptive depth makes of it.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "bench/depth_score.h"
#include "engine/open_engine.h"
#include "engine/reduction_flags.h"
#include "engine/speculate/exit_head_file.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

struct PerplexityFlags {
  EngineFlags engine;
  std::string text;
  int window = 0;  // 0: the context, less the one token it generates
  bool adaptive = false;
  bool json = false;
};

std::vector<Flag> PerplexityFlagTable(PerplexityFlags& flags) {
  std::vector<Flag> table = EngineFlagTable(flags.engine);
  for (Flag& flag : ReductionFlagTable(flags.engine)) {
    table.push_back(std::move(flag));
  }
  table.push_back(TextFlag("text", "FILE", "UTF-8 text", flags.text));
  table.push_back(IntFlag("window",
                          "tokens scored together, without what is before "
                          "them; 0: as many as the context holds",
                          0, 1 << 24, flags.window));
  table.push_back(SwitchFlag("adaptive",
                             "score it again as if it were generated with "
                             "adaptive depth: needs --exit-head; --exit-margin",
                             flags.adaptive));
  table.push_back(SwitchFlag("json", "one JSON object", flags.json));
  return table;
}

struct Score {
  double nll = 0;  // sum over `tokens`, natural log
  int64_t tokens = 0;
  double joules = 0;
  std::string method;
};

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.good()) text << file.rdbuf();
  if (!file.good()) {
    return absl::NotFoundError(
        absl::StrCat("--text: cannot read '", path, "'"));
  }
  return text.str();
}

// Adds one window; its first token is predicted by nothing and not scored.
absl::Status ScoreWindow(Engine& engine, std::vector<TokenId> ids,
                         Score& score) {
  Request request;
  request.id = absl::StrCat("perplexity-", score.tokens);
  request.prompt = std::move(ids);
  request.stop.max_tokens = 0;
  request.logprobs.prompt = 0;
  auto channel = engine.Submit(std::move(request), [] {});
  if (!channel.ok()) return channel.status();
  while (true) {
    const Delta delta = (*channel)->Pop();
    for (const PositionLogprobs& position : delta.prompt_logprobs) {
      if (std::isnan(position.token.logprob)) continue;
      score.nll -= position.token.logprob;
      ++score.tokens;
    }
    if (!delta.last) continue;
    score.joules += delta.usage.energy.total.value();
    score.method = delta.usage.energy.method;
    return delta.status;
  }
}

// Disjoint windows of the text's tokens, each with its own BOS where the
// model wants one.
absl::StatusOr<Score> ScoreText(Engine& engine, const std::string& text,
                                int window) {
  const Tokenizer& tokenizer = *engine.model().tokenizer;
  const std::vector<TokenId> ids =
      tokenizer.Encode(text, {.add_special = false, .parse_special = false});
  const std::vector<TokenId> start = tokenizer.Encode("", {});
  const int limit = engine.options().max_model_len;
  if (window == 0) window = limit - static_cast<int>(start.size());
  Score score;
  for (size_t i = 0; i < ids.size(); i += window) {
    std::vector<TokenId> part = start;
    part.insert(part.end(), ids.begin() + i,
                ids.begin() + std::min(ids.size(), i + window));
    if (part.size() < 2) continue;  // nothing to predict
    const absl::Status status = ScoreWindow(engine, std::move(part), score);
    if (!status.ok()) return status;
  }
  if (score.tokens == 0) {
    return absl::InvalidArgumentError("--text: fewer than two tokens");
  }
  return score;
}

// As the flags have it; null where nothing was asked for.
void AddReduction(const EngineFlags& flags, Json& json) {
  const auto bits = [](int value) { return value == 0 ? Json() : Json(value); };
  json["weight_sparsity"] = SparsityName(flags.weights.sparsity);
  json["weight_bits"] = bits(flags.weights.bits);
  json["activation_bits"] = bits(flags.activation_bits);
}

struct AdaptiveReport {
  DepthScore score;
  ExitHead head;
  Provenance from;
};

absl::StatusOr<AdaptiveReport> ScoreAdaptive(const PerplexityFlags& flags,
                                             const std::string& text,
                                             const BuildInfo& build) {
  absl::StatusOr<ExitHead> head = ReadExitHead(flags.engine.exit_head);
  if (!head.ok()) {
    return absl::Status(head.status().code(),
                        absl::StrCat("--adaptive needs --exit-head FILE: ",
                                     head.status().message()));
  }
  absl::StatusOr<std::unique_ptr<LoadedModel>> opened =
      OpenModel(flags.engine, kHostRoot);
  if (!opened.ok()) return opened.status();
  LoadedModel& model = **opened;
  constexpr int kWindow = 1024;
  const int context = model.config.context_length;
  const int room =
      context - static_cast<int>(model.tokenizer->Encode("", {}).size());
  const int window = std::min(room, flags.window > 0 ? flags.window : kWindow);
  const absl::StatusOr<DepthScore> score =
      ScoreDepth(*head, flags.engine.engine.depth.margin,
                 model.tokenizer->Encode(
                     text, {.add_special = false, .parse_special = false}),
                 window, model);
  if (!score.ok()) return score.status();
  return AdaptiveReport{*score, *std::move(head),
                        BenchProvenance(model, build)};
}

Json ToJson(const AdaptiveReport& report, double margin) {
  const DepthScore& score = report.score;
  const auto share = [](int64_t part, int64_t whole) {
    return whole == 0 ? Json() : Json(static_cast<double>(part) / whole);
  };
  const auto tokens = static_cast<double>(score.tokens);
  Json json = Json::object();
  json["tokens"] = score.tokens;
  json["full_mean_nll"] = score.full_nll / tokens;
  json["adaptive_mean_nll"] = score.adaptive_nll / tokens;
  json["full_accuracy"] = share(score.full_right, score.tokens);
  json["adaptive_accuracy"] = share(score.adaptive_right, score.tokens);
  json["early_share"] = share(score.early, score.tokens);
  json["early_agreement"] = share(score.early_agrees, score.early);
  json["exit_margin"] = margin;
  json["exit_layer"] = report.head.layer;
  json["exit_head"] = report.head.checksum;
  AddBenchProvenance(report.from, json);
  return json;
}

int PrintAdaptive(const PerplexityFlags& flags, const std::string& text,
                  const BuildInfo& build) {
  const absl::StatusOr<AdaptiveReport> report =
      ScoreAdaptive(flags, text, build);
  if (!report.ok()) return PrintBenchError(report.status());
  Json json = ToJson(*report, flags.engine.engine.depth.margin);
  AddReduction(flags.engine, json);
  if (flags.json) {
    std::cout << json.dump() << "\n";
    return 0;
  }
  const DepthScore& score = report->score;
  std::cout << absl::StrFormat(
      "%d tokens, %.1f %% early after layer %d of %d (margin %g); mean NLL "
      "%.4f, full %.4f; the text's token is the likeliest in %.1f %%, full "
      "%.1f %%; the full model agrees with %.1f %% of early choices\n",
      score.tokens, 100.0 * score.early / score.tokens, report->head.layer,
      report->head.num_layers, flags.engine.engine.depth.margin,
      score.adaptive_nll / score.tokens, score.full_nll / score.tokens,
      100.0 * score.adaptive_right / score.tokens,
      100.0 * score.full_right / score.tokens,
      100.0 * score.early_agrees / std::max<int64_t>(1, score.early));
  return 0;
}

int Perplexity(const PerplexityFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<std::string> text = ReadText(flags.text);
  if (!text.ok()) return PrintBenchError(text.status());
  if (flags.adaptive) return PrintAdaptive(flags, *text, build);
  const SteadyClock clock;
  absl::StatusOr<OpenedEngine> opened =
      OpenEngine(flags.engine, clock, build, kHostRoot);
  if (!opened.ok()) return PrintBenchError(opened.status());
  const absl::StatusOr<Score> score =
      ScoreText(*opened->engine, *text, flags.window);
  if (!score.ok()) return PrintBenchError(score.status());
  const double mean = score->nll / static_cast<double>(score->tokens);
  if (!flags.json) {
    std::cout << absl::StrFormat(
        "%d tokens, mean NLL %.6f, perplexity %.4f, %.3g J (%s)\n",
        score->tokens, mean, std::exp(mean), score->joules, score->method);
    return 0;
  }
  Json json = Json::object();
  json["tokens"] = score->tokens;
  json["mean_nll"] = mean;
  json["perplexity"] = std::exp(mean);
  json["joules"] = score->joules;
  json["method"] = score->method;
  AddReduction(flags.engine, json);
  AddBenchBitActivity(opened->engine->stats().device, json);
  AddBenchProvenance(opened->provenance, json);
  std::cout << json.dump() << "\n";
  return 0;
}

}  // namespace

Command PerplexityCommand(const BuildInfo& build) {
  auto flags = std::make_shared<PerplexityFlags>();
  return {.name = "perplexity",
          .help = "mean negative log-likelihood of a text",
          .flags = PerplexityFlagTable(*flags),
          .run = [flags, build] { return Perplexity(*flags, build); }};
}

}  // namespace mj
