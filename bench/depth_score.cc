#include "bench/depth_score.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/speculate/exit_pass.h"
#include "hw_backends/top_logits.h"

namespace mj {
namespace {

// What a row of logits says about the token that comes.
struct Judged {
  double nll = 0;
  int32_t choice = 0;
};

Judged Judge(std::span<const float> logits, int32_t next) {
  const TokenLogit largest = TopOf(logits, 1)[0];
  double sum = 0;
  for (float logit : logits) sum += std::exp(double{logit} - largest.logit);
  return {std::log(sum) + largest.logit - logits[next], largest.id};
}

class DepthScorer final {
 public:
  DepthScorer(ExitPass pass, double margin, int window, LoadedModel& model)
      : pass_(std::move(pass)),
        margin_(margin),
        model_(model),
        start_(model.tokenizer->Encode("", {})),
        blocks_((window + static_cast<int>(start_.size()) + kBlockSize - 1) /
                kBlockSize),
        logits_(model.config.vocab) {
    for (int i = 0; i < 2; ++i) {
      tables_[i].resize(blocks_);
      std::iota(tables_[i].begin(), tables_[i].end(), i * blocks_);
    }
  }

  int num_blocks() const { return 2 * blocks_; }

  void ScoreWindow(std::span<const int32_t> part) {
    tokens_ = start_;
    tokens_.insert(tokens_.end(), part.begin(), part.end());
    RunWhole();
    const int last = static_cast<int>(tokens_.size()) - 1;
    for (int position = 0; position < last; ++position) RunEarly(position);
  }

  const DepthScore& score() const { return score_; }

 private:
  ForwardBatch BatchOf(int first, int rows, int table) const {
    ForwardBatch batch;
    batch.tokens.assign(tokens_.begin() + first,
                        tokens_.begin() + first + rows);
    batch.sequences.push_back({.num_rows = rows,
                               .start_position = first,
                               .block_table = tables_[table]});
    for (int row = 0; row < rows; ++row) batch.logits_rows.push_back({row});
    return batch;
  }

  void RunWhole() {
    whole_.clear();
    const int total = static_cast<int>(tokens_.size()) - 1;
    for (int first = 0; first < total; first += model_.max_rows) {
      const int rows = std::min(model_.max_rows, total - first);
      model_.runner->Run(BatchOf(first, rows, 0),
                         [&](int row, const RowLogits& logits) {
                           whole_.push_back(
                               Judge(logits.all, tokens_[first + row + 1]));
                         });
    }
  }

  void RunEarly(int position) {
    const int32_t next = tokens_[position + 1];
    Judged judged;
    bool left = false;
    const ForwardBatch batch = BatchOf(position, 1, 1);
    const int row[] = {0};
    pass_.Run(
        batch, row,
        [&](std::span<const Draft> drafts) -> std::vector<int> {
          left = position > 0 && drafts[0].margin >= margin_;
          if (!left) return {};
          judged = JudgeByHead(next);
          judged.choice = drafts[0].token;
          return {0};
        },
        [&](int, const RowLogits& logits) {
          judged = Judge(logits.all, next);
        });
    if (position + 1 < static_cast<int>(start_.size())) return;
    Count(whole_[position], judged, next, left);
  }

  // In the step, of all tokens.
  Judged JudgeByHead(int32_t next) {
    const LogitsRow row{0};
    model_.backend->Logits({.matrix = model_.decoder->head().matrix},
                           pass_.head().mapped(), {&row, 1}, logits_, {});
    return Judge(logits_, next);
  }

  void Count(const Judged& whole, const Judged& judged, int32_t next,
             bool left) {
    ++score_.tokens;
    score_.full_nll += whole.nll;
    score_.adaptive_nll += judged.nll;
    score_.full_right += whole.choice == next;
    score_.adaptive_right += judged.choice == next;
    score_.early += left;
    score_.early_agrees += left && judged.choice == whole.choice;
  }

  ExitPass pass_;
  const double margin_;
  LoadedModel& model_;
  const std::vector<int32_t> start_;  // of every window
  const int blocks_;
  std::vector<int32_t> tables_[2];  // whole, adaptive
  std::vector<float> logits_;       // [vocab]
  std::vector<int32_t> tokens_;     // of the window
  std::vector<Judged> whole_;       // of its positions
  DepthScore score_;
};

}  // namespace

absl::StatusOr<DepthScore> ScoreDepth(const ExitHead& head, double margin,
                                      std::span<const int32_t> ids, int window,
                                      LoadedModel& model) {
  absl::StatusOr<ExitPass> pass = ExitPass::Load(head, model);
  if (!pass.ok()) return pass.status();
  DepthScorer scorer(*std::move(pass), margin, window, model);
  absl::Status taken =
      model.backend->AllocateKv(model.kv_shape, scorer.num_blocks());
  if (!taken.ok()) return taken;
  for (size_t from = 0; from < ids.size(); from += window) {
    scorer.ScoreWindow(
        ids.subspan(from, std::min<size_t>(window, ids.size() - from)));
  }
  if (scorer.score().tokens == 0) {
    return absl::InvalidArgumentError("--text: fewer than two tokens");
  }
  return scorer.score();
}

}  // namespace mj
