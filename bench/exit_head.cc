// millijoule-bench exit-head: what a head gains on a new text, and loses on
// the old, by learning (engine/speculate/elastic_map.h).
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/commands.h"
#include "engine/open_engine.h"
#include "engine/speculate/draft_head.h"
#include "engine/speculate/draft_value.h"
#include "engine/speculate/exit_head_file.h"
#include "engine/speculate/windowed_pass.h"
#include "hw_backends/host/host_facts.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;
using Ids = std::vector<TokenId>;

struct ExitHeadFlags {
  EngineFlags engine;
  std::string head, old_text, new_text;
  bool json = false;
};

std::vector<Flag> ExitHeadFlagTable(ExitHeadFlags& flags) {
  std::vector<Flag> table = ModelFlagTable(flags.engine);
  for (Flag& flag : std::vector<Flag>{
           Required(
               TextFlag("exit-head", "FILE", "of train-exit-head", flags.head)),
           Required(TextFlag("old", "FILE",
                             "UTF-8 text like the one that the head was "
                             "trained on; its second half is judged",
                             flags.old_text)),
           Required(TextFlag("new", "FILE",
                             "UTF-8 text of another kind; its first half is "
                             "learned from, its second half judged",
                             flags.new_text)),
           SwitchFlag("json", "one JSON object", flags.json)}) {
    table.push_back(std::move(flag));
  }
  return table;
}

// Both halves of a text's tokens.
struct Halves {
  Ids first, second;
};

absl::StatusOr<Halves> ReadHalves(const char* flag, const std::string& path,
                                  const Tokenizer& tokenizer) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.good()) text << file.rdbuf();
  if (!file.good()) {
    return absl::NotFoundError(
        absl::StrCat(flag, ": cannot read '", path, "'"));
  }
  const Ids ids = tokenizer.Encode(
      text.str(), {.add_special = false, .parse_special = false});
  if (ids.size() < 4) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": '", path, "' has ", ids.size(), " tokens, needs 4"));
  }
  const auto middle = ids.begin() + static_cast<ptrdiff_t>(ids.size() / 2);
  return Halves{{ids.begin(), middle}, {middle, ids.end()}};
}

// A head and its map as each way of learning has left it.
class Trial final {
 public:
  static absl::StatusOr<Trial> Make(const ExitHead& head, LoadedModel& model) {
    absl::StatusOr<DraftHead> drafts = DraftHead::Load(head, model);
    if (!drafts.ok()) return drafts.status();
    absl::StatusOr<WindowedPass> pass = WindowedPass::Make({head.layer}, model);
    if (!pass.ok()) return pass.status();
    return Trial(head, *std::move(drafts), *std::move(pass), model);
  }

  // Every row of the text, in order; a window's first is nobody's.
  void Learn(const Ids& ids) {
    std::vector<float> inputs, outputs;
    const size_t hidden = model_->config.hidden;
    Backend& backend = *model_->backend;
    const Decoder& decoder = *model_->decoder;
    const auto read = [&](BufferId from, int rows, std::vector<float>& out) {
      out.resize(rows * hidden);
      backend.ReadRows(from, 0, out);
    };
    pass_.Run(
        ids,
        [&](size_t, const WindowedPass::Chunk& chunk) {
          read(decoder.residual(), chunk.rows, inputs);
        },
        [&](const WindowedPass::Chunk& chunk) {
          backend.RmsNorm(decoder.residual(), decoder.weights().final_norm,
                          model_->config.norm_epsilon, /*accumulate=*/false,
                          normed_);
          read(normed_, chunk.rows, outputs);
          for (int r = chunk.starts_window; r < chunk.rows; ++r) {
            const auto x = std::span(inputs).subspan(r * hidden, hidden);
            DivideByRms(model_->config.norm_epsilon, x);
            const auto y = std::span(outputs).subspan(r * hidden, hidden);
            elastic_.Update(x, y);
            plain_.Update(x, y);
            ++rows_learned_;
          }
        });
  }

  // Shares of positions whose draft is the model's argmax.
  struct Agreement {
    double before = 0, elastic = 0, plain = 0;
    int64_t positions = 0;
  };
  Agreement Judge(const Ids& ids) {
    const ElasticMap* const maps[] = {nullptr, &elastic_, &plain_};
    std::vector<Draft> drafts[std::size(maps)];
    AgreementRuns runs[std::size(maps)];
    pass_.Run(
        ids,
        [&](size_t, const WindowedPass::Chunk& chunk) {
          for (size_t i = 0; i < std::size(maps); ++i) {
            drafts[i].resize(chunk.rows);
            drafts_.Run(drafts[i],
                        std::vector<const ElasticMap*>(chunk.rows, maps[i]));
          }
        },
        [&](const WindowedPass::Chunk& chunk) {
          const std::vector<TokenLogit> tokens = Tokens(chunk.rows);
          for (size_t i = 0; i < std::size(maps); ++i) {
            for (int r = chunk.starts_window; r < chunk.rows; ++r) {
              runs[i].Add(drafts[i][r].token == tokens[r].id);
            }
          }
        });
    return {runs[0].agreement(), runs[1].agreement(), runs[2].agreement(),
            runs[0].positions()};
  }

  int64_t rows_learned() const { return rows_learned_; }

 private:
  Trial(const ExitHead& head, DraftHead drafts, WindowedPass pass,
        LoadedModel& model)
      : model_(&model),
        drafts_(std::move(drafts)),
        pass_(std::move(pass)),
        normed_(model.backend->AddBuffer(model.config.hidden)),
        elastic_(std::make_shared<LinearMap>(head.map), {}),
        plain_(std::make_shared<LinearMap>(head.map), {.strength = 0}) {}

  std::vector<TokenLogit> Tokens(int rows) {
    std::vector<LogitsRow> wanted;
    for (int r = 0; r < rows; ++r) wanted.push_back({r, 1});
    std::vector<TokenLogit> tokens(wanted.size());
    const Decoder& decoder = *model_->decoder;
    model_->backend->Logits(decoder.head(), decoder.residual(), wanted, {},
                            tokens);
    return tokens;
  }

  LoadedModel* model_;
  DraftHead drafts_;
  WindowedPass pass_;
  BufferId normed_;
  ElasticMap elastic_, plain_;
  int64_t rows_learned_ = 0;
};

struct Report {
  Trial::Agreement old_text, new_text;
  int64_t rows_learned = 0;
  std::string checksum;
  Provenance from;
};

absl::StatusOr<Report> Compare(const ExitHeadFlags& flags,
                               const BuildInfo& build) {
  const absl::StatusOr<ExitHead> head = ReadExitHead(flags.head);
  if (!head.ok()) return head.status();
  const absl::StatusOr<std::unique_ptr<LoadedModel>> model =
      OpenModel(flags.engine, kHostRoot);
  if (!model.ok()) return model.status();
  for (const absl::Status& fits : {CheckExitHeadVersion(*head, build.version),
                                   CheckExitHead(*head, **model)}) {
    if (!fits.ok()) return fits;
  }
  const Tokenizer& tokenizer = *(*model)->tokenizer;
  const absl::StatusOr<Halves> old_text =
      ReadHalves("--old", flags.old_text, tokenizer);
  if (!old_text.ok()) return old_text.status();
  const absl::StatusOr<Halves> new_text =
      ReadHalves("--new", flags.new_text, tokenizer);
  if (!new_text.ok()) return new_text.status();
  absl::StatusOr<Trial> trial = Trial::Make(*head, **model);
  if (!trial.ok()) return trial.status();
  trial->Learn(new_text->first);
  Report report{.old_text = trial->Judge(old_text->second),
                .new_text = trial->Judge(new_text->second),
                .rows_learned = trial->rows_learned(),
                .checksum = head->checksum};
  const BackendInfo& backend = (*model)->backend->info();
  report.from = {build,
                 ReadCpuName(kHostRoot),
                 backend.isa,
                 backend.numerics,
                 (*model)->fingerprint,
                 "",
                 ""};
  return report;
}

void PrintText(const Report& report) {
  std::cout << absl::StrFormat("%-4s %9s %9s %9s %9s\n", "text", "positions",
                               "before", "elastic", "plain");
  const auto print = [](const char* name, const Trial::Agreement& agreement) {
    std::cout << absl::StrFormat(
        "%-4s %9d %7.2f %% %7.2f %% %7.2f %%\n", name, agreement.positions,
        100 * agreement.before, 100 * agreement.elastic, 100 * agreement.plain);
  };
  print("old", report.old_text);
  print("new", report.new_text);
  std::cout << report.rows_learned << " rows learned\n";
}

void PrintJson(const Report& report) {
  Json json = Json::object();
  json["rows"] = Json::array();
  const auto add = [&](const char* name, const Trial::Agreement& agreement) {
    json["rows"].push_back({{"text", name},
                            {"positions", agreement.positions},
                            {"agreement_before", agreement.before},
                            {"agreement_elastic", agreement.elastic},
                            {"agreement_plain", agreement.plain}});
  };
  add("old", report.old_text);
  add("new", report.new_text);
  json["rows_learned"] = report.rows_learned;
  json["exit_head_sha256"] = report.checksum;
  AddBenchProvenance(report.from, json);
  std::cout << json.dump() << "\n";
}

int CompareAndTell(const ExitHeadFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<Report> report = Compare(flags, build);
  if (!report.ok()) return PrintBenchError(report.status());
  if (flags.json) {
    PrintJson(*report);
  } else {
    PrintText(*report);
  }
  return 0;
}

}  // namespace

Command ExitHeadCommand(const BuildInfo& build) {
  auto flags = std::make_shared<ExitHeadFlags>();
  return {.name = "exit-head",
          .help = "what a head learns of a new text, and forgets of the old",
          .flags = ExitHeadFlagTable(*flags),
          .run = [flags, build] { return CompareAndTell(*flags, build); }};
}

}  // namespace mj
