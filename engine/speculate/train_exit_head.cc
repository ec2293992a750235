#include "engine/speculate/train_exit_head.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/speculate/draft_head.h"
#include "engine/speculate/exit_head_file.h"
#include "engine/speculate/frequent_tokens.h"
#include "engine/speculate/ridge.h"
#include "engine/speculate/windowed_pass.h"

namespace mj {
namespace {

constexpr int kHeldOutShare = 10;  // one in so many tokens

using Chunk = WindowedPass::Chunk;

// The sums of each layer's regression.
class Fit final {
 public:
  static absl::StatusOr<Fit> Make(size_t num_layers, LoadedModel& model) {
    const std::vector<float> ones(model.config.hidden, 1.0f);
    const absl::StatusOr<WeightId> gamma =
        model.backend->LoadVector({.type = TensorType::kF32,
                                   .rows = 1,
                                   .cols = std::ssize(ones),
                                   .bytes = std::as_bytes(std::span(ones))});
    if (!gamma.ok()) return gamma.status();
    return Fit(num_layers, *gamma, model);
  }

  void TakeInputs(size_t index, const Chunk& chunk) {
    Read(ones_, chunk, inputs_[index]);
  }

  void TakeOutputs(const Chunk& chunk) {
    Read(model_->decoder->weights().final_norm, chunk, outputs_);
    const size_t skipped = chunk.starts_window ? model_->config.hidden : 0;
    for (size_t i = 0; i < sums_.size(); ++i) {
      sums_[i].Add(std::span(inputs_[i]).subspan(skipped),
                   std::span(outputs_).subspan(skipped));
    }
  }

  absl::StatusOr<std::vector<LinearMap>> Solve(double lambda) const {
    std::vector<LinearMap> maps;
    for (const Ridge& sums : sums_) {
      absl::StatusOr<LinearMap> map = sums.Solve(lambda);
      if (!map.ok()) return map.status();
      maps.push_back(*std::move(map));
    }
    return maps;
  }

  int64_t rows() const { return sums_.front().rows(); }

 private:
  Fit(size_t num_layers, WeightId ones, LoadedModel& model)
      : model_(&model),
        ones_(ones),
        normed_(model.backend->AddBuffer(model.config.hidden)),
        inputs_(num_layers) {
    for (size_t i = 0; i < num_layers; ++i) {
      sums_.emplace_back(model.config.hidden, model.config.hidden);
    }
  }

  void Read(WeightId gamma, const Chunk& chunk, std::vector<float>& out) {
    Backend& backend = *model_->backend;
    backend.RmsNorm(model_->decoder->residual(), gamma,
                    model_->config.norm_epsilon, /*accumulate=*/false, normed_);
    out.resize(static_cast<size_t>(chunk.rows) * model_->config.hidden);
    backend.ReadRows(normed_, 0, out);
  }

  LoadedModel* model_;
  WeightId ones_;
  BufferId normed_;
  std::vector<std::vector<float>> inputs_;  // of a chunk, a layer each
  std::vector<float> outputs_;
  std::vector<Ridge> sums_;
};

// The heads' drafts beside the model's own tokens.
class Score final {
 public:
  Score(std::vector<DraftHead> heads, LoadedModel& model)
      : model_(&model),
        heads_(std::move(heads)),
        drafts_(heads_.size()),
        runs_(heads_.size()) {}

  void TakeDrafts(size_t index, const Chunk& chunk) {
    drafts_[index].resize(chunk.rows);
    heads_[index].Run(drafts_[index]);
  }

  void TakeTokens(const Chunk& chunk) {
    std::vector<LogitsRow> rows;
    for (int r = 0; r < chunk.rows; ++r) rows.push_back({r, 1});
    std::vector<TokenLogit> tokens(rows.size());
    const Decoder& decoder = *model_->decoder;
    model_->backend->Logits(decoder.head(), decoder.residual(), rows, {},
                            tokens);
    for (size_t i = 0; i < heads_.size(); ++i) {
      for (int r = chunk.starts_window; r < chunk.rows; ++r) {
        runs_[i].Add(drafts_[i][r].token == tokens[r].id);
      }
      if (chunk.ends_window) runs_[i].EndText();
    }
  }

  const std::vector<AgreementRuns>& runs() const { return runs_; }

 private:
  LoadedModel* model_;
  std::vector<DraftHead> heads_;
  std::vector<std::vector<Draft>> drafts_;  // of a chunk, a head each
  std::vector<AgreementRuns> runs_;
};

absl::Status CheckText(std::span<const int32_t> ids, size_t num_fitted,
                       const LoadedModel& model) {
  const int hidden = model.config.hidden;
  if (num_fitted <= static_cast<size_t>(hidden) ||
      ids.size() - num_fitted < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the text has ", ids.size(), " tokens, ", num_fitted,
        " of them to train on; a hidden size of ", hidden, " needs more than ",
        hidden * kHeldOutShare / (kHeldOutShare - 1),
        ", and ten times as many "
        "to be good"));
  }
  for (int32_t id : ids) {
    if (id >= 0 && id < model.config.vocab) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the text has the token ", id, "; the model's are 0 to ",
                     model.config.vocab - 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int>> LayersToTry(int layer,
                                             const LoadedModel& model) {
  const int num_layers = model.config.num_layers;
  if (layer == 0) return TrialLayers(num_layers);
  if (layer < 0 || layer > num_layers) {
    return absl::InvalidArgumentError(absl::StrCat(
        "layer is ", layer, "; ", model.name, " has 1 to ", num_layers));
  }
  return std::vector<int>{layer};
}

std::vector<ExitTrial> TrialsOf(const std::vector<int>& layers,
                                const std::vector<AgreementRuns>& runs,
                                int listed, const ModelShape& shape) {
  std::vector<ExitTrial> trials;
  for (size_t i = 0; i < layers.size(); ++i) {
    ExitTrial trial{.layer = layers[i],
                    .cost = DraftCost(shape, layers[i], listed),
                    .agreement = runs[i].agreement()};
    for (int k = 1; k <= kMostDrafts; ++k) {
      trial.tokens[k - 1] = runs[i].Tokens(k);
    }
    trial.best = BestDrafts(runs[i], trial.cost);
    trials.push_back(trial);
  }
  return trials;
}

// Of the best value; where none pays, of the most tokens for its first draft.
size_t BestTrial(const std::vector<ExitTrial>& trials) {
  const auto rank = [](const ExitTrial& trial) {
    return std::pair(trial.best.value, trial.tokens[0] / (1 + trial.cost));
  };
  return std::ranges::max_element(trials, {}, rank) - trials.begin();
}

absl::StatusOr<std::vector<DraftHead>> LoadHeads(
    const std::vector<LinearMap>& maps, const std::vector<int32_t>& vocabulary,
    LoadedModel& model) {
  const absl::StatusOr<DraftVocabulary> rows =
      LoadDraftVocabulary(vocabulary, model);
  if (!rows.ok()) return rows.status();
  std::vector<DraftHead> heads;
  for (const LinearMap& map : maps) {
    absl::StatusOr<DraftHead> head = DraftHead::Load(map, *rows, model);
    if (!head.ok()) return head.status();
    heads.push_back(*std::move(head));
  }
  return heads;
}

}  // namespace

std::vector<int> TrialLayers(int num_layers) {
  constexpr int kDepths = 6;
  std::vector<int> layers = {(num_layers + 2 * kDepths - 1) / (2 * kDepths)};
  for (int i = 1; i <= kDepths; ++i) {
    const int layer = (num_layers * i + kDepths - 1) / kDepths;
    if (layers.back() != layer) layers.push_back(layer);
  }
  return layers;
}

absl::StatusOr<TrainedExitHead> TrainExitHead(const ExitTraining& training,
                                              std::span<const int32_t> ids,
                                              LoadedModel& model) {
  if (model.decoder == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(model.name, " runs on no decoder to leave early"));
  }
  const absl::StatusOr<std::vector<int>> layers =
      LayersToTry(training.layer, model);
  if (!layers.ok()) return layers.status();
  const auto fitted = ids.first(ids.size() - ids.size() / kHeldOutShare);
  absl::Status sound = CheckText(ids, fitted.size(), model);
  if (!sound.ok()) return sound;

  absl::StatusOr<Fit> fit = Fit::Make(layers->size(), model);
  if (!fit.ok()) return fit.status();
  absl::StatusOr<WindowedPass> pass = WindowedPass::Make(*layers, model);
  if (!pass.ok()) return pass.status();
  pass->Run(
      fitted, [&](size_t i, const Chunk& chunk) { fit->TakeInputs(i, chunk); },
      [&](const Chunk& chunk) { fit->TakeOutputs(chunk); });
  absl::StatusOr<std::vector<LinearMap>> maps = fit->Solve(training.lambda);
  if (!maps.ok()) return maps.status();

  std::vector<int32_t> vocabulary;
  if (training.draft_vocabulary > 0) {
    vocabulary =
        FrequentTokens(fitted, model.config.vocab, training.draft_vocabulary);
  }
  absl::StatusOr<std::vector<DraftHead>> heads =
      LoadHeads(*maps, vocabulary, model);
  if (!heads.ok()) return heads.status();
  Score score(*std::move(heads), model);
  pass->Run(
      ids.subspan(fitted.size()),
      [&](size_t i, const Chunk& chunk) { score.TakeDrafts(i, chunk); },
      [&](const Chunk& chunk) { score.TakeTokens(chunk); });

  TrainedExitHead trained{
      .trials = TrialsOf(*layers, score.runs(),
                         static_cast<int>(vocabulary.size()), model.shape),
      .held_out = score.runs().front().positions()};
  const size_t best = BestTrial(trained.trials);
  trained.head = {.fingerprint = model.fingerprint,
                  .version = training.version,
                  .backend = model.backend->info().name,
                  .isa = model.backend->info().isa,
                  .numerics = model.backend->info().numerics,
                  .vocab = model.config.vocab,
                  .num_layers = model.config.num_layers,
                  .layer = (*layers)[best],
                  .map = std::move((*maps)[best]),
                  .vocabulary = std::move(vocabulary),
                  .lambda = training.lambda,
                  .tokens = fit->rows(),
                  .agreement = trained.trials[best].agreement};
  absl::Status noted = NoteChecksum(trained.head);
  if (!noted.ok()) return noted;
  return trained;
}

}  // namespace mj
