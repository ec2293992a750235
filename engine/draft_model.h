// Drafts by a smaller model of the same vocabulary (Leviathan et al. 2023):
// greedy guesses, a pass a token for all sequences together. It has a KV cache
// of its own, which follows the replies.
#ifndef MILLIJOULE_ENGINE_DRAFT_MODEL_H_
#define MILLIJOULE_ENGINE_DRAFT_MODEL_H_

#include <memory>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/draft_source.h"
#include "engine/kv/block_pool.h"
#include "engine/kv/block_table.h"
#include "engine/model/loaded_model.h"

namespace mj {

// INVALID_ARGUMENT names the first difference of the vocabularies.
absl::Status CheckSameVocabulary(const LoadedModel& model,
                                 const LoadedModel& draft);

class DraftModel final : public DraftSource {
 public:
  // Takes a KV arena of so many blocks. RESOURCE_EXHAUSTED: it does not fit.
  static absl::StatusOr<std::unique_ptr<DraftModel>> Create(
      std::unique_ptr<LoadedModel> model, int num_blocks, int max_rows,
      StepCostModel price);

  Drafter drafter() const override { return Drafter::kDraftModel; }
  Price PerToken(int num_sequences, int context) const override;
  int MostTokens(const Sequence& s) const override;
  void Draft(std::span<const DraftJob> jobs,
             const DraftPassSink& sink) override;
  void Forget(const Sequence& s) override;
  void LimitThreads(int threads) override {
    model_->backend->LimitThreads(threads);
  }

 private:
  // A sequence's tokens and guesses, and how many of them its cache holds.
  struct Cached {
    std::vector<TokenId> tokens;
    int num_computed = 0;
    BlockTable blocks;
  };
  struct Drafting {
    Sequence* sequence;
    Cached* cached;
    int length;
  };
  DraftModel(std::unique_ptr<LoadedModel> model, int num_blocks, int max_rows,
             StepCostModel price);
  Cached* CatchUp(const DraftJob& job);  // null: there is no room
  void RunPass(std::span<const Drafting> all, const DraftPassSink& sink);

  const std::unique_ptr<LoadedModel> model_;
  const int max_rows_;
  const StepCostModel price_;
  BlockPool pool_;
  std::unordered_map<const Sequence*, Cached> cached_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DRAFT_MODEL_H_
