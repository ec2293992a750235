#include "engine/speculate/exit_pass.h"

#include <algorithm>
#include <utility>

namespace mj {

absl::StatusOr<ExitPass> ExitPass::Load(const ExitHead& head,
                                        LoadedModel& model) {
  absl::StatusOr<DraftHead> loaded = DraftHead::Load(head, model);
  if (!loaded.ok()) return loaded.status();
  return ExitPass(model, std::make_shared<DraftHead>(*std::move(loaded)),
                  head.layer);
}

StepOutcome ExitPass::Run(const ForwardBatch& batch,
                          std::span<const int> candidates, const Choose& choose,
                          const LogitsSink& sink) {
  Decoder& decoder = *model_->decoder;
  decoder.Begin(batch);
  decoder.RunLayers(0, layer_);
  drafts_.resize(candidates.size());
  head_->Run(candidates, drafts_);
  std::vector<int> leaving = choose(drafts_);
  for (int& row : leaving) row = candidates[row];
  if (leaving.empty()) return decoder.Finish(layer_, batch.logits_rows, sink);
  // For all rows: those that stay write over it.
  decoder.SkipLayers(layer_);
  NarrowTo(batch, leaving);
  if (staying_.empty()) return {.report = model_->backend->EndStep()};
  const BufferId live[] = {decoder.residual()};
  model_->backend->KeepRows(staying_, live);
  return decoder.Finish(layer_, wanted_, [&](int i, const RowLogits& logits) {
    sink(indices_[i], logits);
  });
}

void ExitPass::NarrowTo(const ForwardBatch& batch,
                        std::span<const int> leaving) {
  const auto leaves = [&](int row) {
    return std::binary_search(leaving.begin(), leaving.end(), row);
  };
  staying_.clear();
  wanted_.clear();
  indices_.clear();
  size_t next = 0;  // of the rows whose logits are wanted
  for (int row = 0; row < std::ssize(batch.tokens); ++row) {
    const bool stays = !leaves(row);
    for (;
         next < batch.logits_rows.size() && batch.logits_rows[next].row == row;
         ++next) {
      if (!stays) continue;
      wanted_.push_back(
          {static_cast<int>(staying_.size()), batch.logits_rows[next].top});
      indices_.push_back(static_cast<int>(next));
    }
    if (stays) staying_.push_back(row);
  }
}

}  // namespace mj
