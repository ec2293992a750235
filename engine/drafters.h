// Who else than the text itself may guess tokens ahead: what the process was
// given, made ready for an engine.
#ifndef MILLIJOULE_ENGINE_DRAFTERS_H_
#define MILLIJOULE_ENGINE_DRAFTERS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/draft_source.h"
#include "engine/energy_setup.h"
#include "engine/engine_options.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/draft_head.h"
#include "engine/speculate/exit_head.h"
#include "kernels/model_shape.h"

namespace mj {

// Of requests that leave it to the server, as EngineOptions say.
Speculation DefaultSpeculation(const EngineOptions& options,
                               const BackendInfo& backend);

struct DrafterSetup {
  std::unique_ptr<LoadedModel> model;  // a smaller one; null: none
  std::optional<ExitHead> exit_head;
  // Where what the head learns from live traffic is kept; "": it learns not.
  std::string learning_folder;
};

// What a draft reads: the first layers, and the map with its rows of the head.
ModelShape ShapeOfDrafting(const ExitHead& head, const ModelShape& model);

// Bytes that the exit head takes beside the model, and what it learns of each
// tenant.
int64_t ExitHeadBytes(const ExitHead& head, const ModelShape& model);
int64_t LearnedBytes(const ModelShape& model);

// Before the model's KV cache is taken. `num_blocks`: of the draft model's own.
// `draft_head` is the setup's exit head, loaded, or null: it does not draft.
// INVALID_ARGUMENT: a draft model of another vocabulary, files of learning that
// are not of this head (as ElasticHeads) or that have none. RESOURCE_EXHAUSTED:
// it does not fit.
absl::StatusOr<std::vector<std::unique_ptr<DraftSource>>> MakeDrafters(
    DrafterSetup setup, std::shared_ptr<DraftHead> draft_head, int num_blocks,
    int max_rows, const EnergySetup& energy, LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DRAFTERS_H_
