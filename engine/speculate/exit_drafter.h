// Drafts by the model's own first layers (self-speculation: Elhoushi et al.
// 2024): the engine calls it once a draft, for all its sequences together.
#ifndef MILLIJOULE_ENGINE_SPECULATE_EXIT_DRAFTER_H_
#define MILLIJOULE_ENGINE_SPECULATE_EXIT_DRAFTER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/model/forward_batch.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/draft_head.h"
#include "engine/speculate/exit_head.h"
#include "hw_backends/backend.h"

namespace mj {

// A sequence's last token, which has no keys and values yet.
struct DraftRow {
  int32_t token = 0;
  int position = 0;
  // Block i holds positions [32 i, 32 i + 32); reaches to `position`. Those
  // before it have their keys and values.
  std::span<const int32_t> block_table;
};

// Engine thread only.
class ExitDrafter final {
 public:
  // `model` outlives the drafter. INVALID_ARGUMENT: the head is another
  // model's (CheckExitHead), or the model's runner is no decoder; others as
  // LoadDraftVocabulary(). Call it before the backend's AllocateKv().
  static absl::StatusOr<ExitDrafter> Load(const ExitHead& head,
                                          LoadedModel& model);
  // With a head that is loaded, made of `from`.
  ExitDrafter(LoadedModel& model, std::shared_ptr<DraftHead> head,
              const ExitHead& from);

  // One token after each row. Stores keys and values of the first layer()
  // layers at the rows' positions: on a batch-invariant backend the bits that
  // the step which checks the drafts stores there again. So a draft may be the
  // token of the next call's row, one position on.
  // `moved` as in DraftHead::Run().
  // REQUIRES: drafts.size() == rows.size(), at most the model's max_rows
  StepReport Draft(std::span<const DraftRow> rows, std::span<mj::Draft> drafts,
                   std::span<const ElasticMap* const> moved = {});

  int layer() const { return layer_; }
  // Of a decode step, in bytes of weights (DraftCost).
  double cost() const { return cost_; }

 private:
  LoadedModel* model_;
  std::shared_ptr<DraftHead> head_;
  int layer_;
  double cost_;
  ForwardBatch batch_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_EXIT_DRAFTER_H_
