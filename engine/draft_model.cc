#include "engine/draft_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/schedule/plan_step.h"
#include "hw_backends/backend.h"

namespace mj {

absl::Status CheckSameVocabulary(const LoadedModel& model,
                                 const LoadedModel& draft) {
  const std::vector<std::string>& ours = model.tokenizer->vocabulary().tokens;
  const std::vector<std::string>& its = draft.tokenizer->vocabulary().tokens;
  if (ours.size() != its.size() || model.config.vocab != draft.config.vocab) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the draft model ", draft.name, " has another vocabulary: ", its.size(),
        " tokens and ", draft.config.vocab, " logits; needed are those of ",
        model.name, ", ", ours.size(), " and ", model.config.vocab));
  }
  const auto [at, other] = std::mismatch(ours.begin(), ours.end(), its.begin());
  if (at == ours.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the draft model ", draft.name, " has another vocabulary: token ",
      at - ours.begin(), " is '", *other, "'; in ", model.name, " it is '", *at,
      "'"));
}

absl::StatusOr<std::unique_ptr<DraftModel>> DraftModel::Create(
    std::unique_ptr<LoadedModel> model, int num_blocks, int max_rows,
    StepCostModel price) {
  absl::Status taken = model->backend->AllocateKv(model->kv_shape, num_blocks);
  if (!taken.ok()) return taken;
  return std::unique_ptr<DraftModel>(
      new DraftModel(std::move(model), num_blocks, max_rows, std::move(price)));
}

DraftModel::DraftModel(std::unique_ptr<LoadedModel> model, int num_blocks,
                       int max_rows, StepCostModel price)
    : model_(std::move(model)),
      max_rows_(max_rows),
      price_(std::move(price)),
      pool_(num_blocks) {}

Price DraftModel::PerToken(int num_sequences, int context) const {
  return PassPerToken(price_, num_sequences, context);
}

int DraftModel::MostTokens(const Sequence& s) const {
  const auto found = cached_.find(&s);
  const int held = found == cached_.end() ? 0 : found->second.blocks.size();
  const int positions = std::min(model_->config.context_length,
                                 (held + pool_.num_free()) * kBlockSize);
  return positions - s.num_tokens() + 1;
}

// Forgets what the reply did not take, and makes room for all of the draft.
DraftModel::Cached* DraftModel::CatchUp(const DraftJob& job) {
  Sequence& s = *job.sequence;
  s.draft.clear();
  Cached& cached = cached_[&s];
  const auto [same, end] =
      std::mismatch(cached.tokens.begin(), cached.tokens.end(),
                    s.tokens.begin(), s.tokens.end());
  cached.num_computed =
      std::min({static_cast<int>(same - cached.tokens.begin()),
                cached.num_computed, s.num_tokens() - 1});  // that gives logits
  cached.tokens.assign(s.tokens.begin(), s.tokens.end());
  // Others may have taken what MostTokens() saw.
  const int positions = s.num_tokens() + job.length - 1;
  const bool fits =
      positions <= model_->config.context_length &&
      cached.blocks.GrowTo(BlocksFor(positions, kBlockSize), pool_).ok();
  return fits ? &cached : nullptr;
}

void DraftModel::Draft(std::span<const DraftJob> jobs,
                       const DraftPassSink& sink) {
  std::vector<Drafting> all;
  for (const DraftJob& job : jobs) {
    Cached* cached = CatchUp(job);
    if (cached != nullptr) all.push_back({job.sequence, cached, job.length});
  }
  while (!all.empty()) {
    RunPass(all, sink);
    std::erase_if(all, [](const Drafting& d) {
      const auto drafted = static_cast<int>(d.sequence->draft.size());
      return drafted == 0 || drafted == d.length;
    });
  }
}

// A pass holds so many rows: long beginnings take several steps to catch up.
void DraftModel::RunPass(std::span<const Drafting> all,
                         const DraftPassSink& sink) {
  ForwardBatch batch;
  std::vector<Sequence*> sequences;
  std::vector<const Drafting*> through;
  for (const Drafting& d : all) {
    Cached& cached = *d.cached;
    const int first = cached.num_computed;
    const int lacks = static_cast<int>(cached.tokens.size()) - first;
    const int first_row = static_cast<int>(batch.tokens.size());
    const int rows = std::min(lacks, max_rows_ - first_row);
    if (rows == 0) break;
    batch.sequences.push_back({first_row, rows, first, cached.blocks.ids()});
    batch.shape.sequences.push_back({rows, first, rows == lacks ? 1 : 0});
    const auto token = cached.tokens.begin() + first;
    batch.tokens.insert(batch.tokens.end(), token, token + rows);
    sequences.push_back(d.sequence);
    cached.num_computed += rows;
    if (rows < lacks) break;
    batch.logits_rows.push_back({first_row + rows - 1, 1});
    through.push_back(&d);
  }
  model_->runner->Run(batch, [&](int i, const RowLogits& logits) {
    const TokenId guess = logits.top.front().id;
    through[i]->sequence->draft.push_back(guess);
    through[i]->cached->tokens.push_back(guess);
  });
  sink(sequences, batch.shape, price_);
}

void DraftModel::Forget(const Sequence& s) {
  const auto found = cached_.find(&s);
  if (found == cached_.end()) return;
  found->second.blocks.Clear(pool_);
  cached_.erase(found);
}

}  // namespace mj
