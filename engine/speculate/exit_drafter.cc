#include "engine/speculate/exit_drafter.h"

#include <cassert>
#include <utility>

namespace mj {

absl::StatusOr<ExitDrafter> ExitDrafter::Load(const ExitHead& head,
                                              LoadedModel& model) {
  absl::StatusOr<DraftHead> loaded = DraftHead::Load(head, model);
  if (!loaded.ok()) return loaded.status();
  return ExitDrafter(model, std::make_shared<DraftHead>(*std::move(loaded)),
                     head);
}

ExitDrafter::ExitDrafter(LoadedModel& model, std::shared_ptr<DraftHead> head,
                         const ExitHead& from)
    : model_(&model),
      head_(std::move(head)),
      layer_(from.layer),
      cost_(DraftCost(model.shape, from.layer,
                      static_cast<int>(from.vocabulary.size()))) {}

StepReport ExitDrafter::Draft(std::span<const DraftRow> rows,
                              std::span<mj::Draft> drafts,
                              std::span<const ElasticMap* const> moved) {
  assert(rows.size() == drafts.size());
  batch_.tokens.clear();
  batch_.sequences.clear();
  for (const DraftRow& row : rows) {
    batch_.sequences.push_back(
        {.first_row = static_cast<int>(batch_.tokens.size()),
         .num_rows = 1,
         .start_position = row.position,
         .block_table = row.block_table});
    batch_.tokens.push_back(row.token);
  }
  model_->decoder->Begin(batch_);
  model_->decoder->RunLayers(0, layer_);
  head_->Run(drafts, moved);
  return model_->backend->EndStep();
}

}  // namespace mj
