#include "engine/drafters.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/draft_model.h"
#include "engine/exit_source.h"

namespace mj {
namespace {

absl::StatusOr<std::optional<ElasticHeads>> OpenLearning(
    const ExitHead& head, const std::string& folder) {
  if (folder.empty()) return std::nullopt;
  absl::StatusOr<ElasticHeads> heads = ElasticHeads::Open(head, folder);
  if (!heads.ok()) return heads.status();
  return *std::move(heads);
}

}  // namespace

Speculation DefaultSpeculation(const EngineOptions& options,
                               const BackendInfo& backend) {
  return options.speculation.value_or(
      backend.batch_invariant ? Speculation::kAuto : Speculation::kOff);
}

ModelShape ShapeOfDrafting(const ExitHead& head, const ModelShape& model) {
  ModelShape shape = model;
  shape.layers.resize(head.layer);
  MatrixShape& rows = shape.head;
  const auto listed = static_cast<int64_t>(head.vocabulary.size());
  if (listed > 0) {
    rows.bytes = rows.bytes * listed / rows.rows;
    rows.rows = listed;
  }
  constexpr int64_t kMapBytes = 2;  // bfloat16
  rows.bytes += kMapBytes * model.hidden * model.hidden;
  rows.rows += model.hidden;
  return shape;
}

// Without a list its rows are the model's own.
int64_t ExitHeadBytes(const ExitHead& head, const ModelShape& model) {
  const int64_t drafting = ShapeOfDrafting(head, model).head.bytes;
  return head.vocabulary.empty() ? drafting - model.head.bytes : drafting;
}

int64_t LearnedBytes(const ModelShape& model) {
  return int64_t{sizeof(float)} * model.hidden * (model.hidden + 1);
}

absl::StatusOr<std::vector<std::unique_ptr<DraftSource>>> MakeDrafters(
    DrafterSetup setup, std::shared_ptr<DraftHead> draft_head, int num_blocks,
    int max_rows, const EnergySetup& energy, LoadedModel& model) {
  if (!setup.learning_folder.empty() && !setup.exit_head) {
    return absl::InvalidArgumentError(
        "--exit-head-learning needs an --exit-head that learns");
  }
  std::vector<std::unique_ptr<DraftSource>> drafters;
  if (setup.model != nullptr) {
    absl::Status same = CheckSameVocabulary(model, *setup.model);
    if (!same.ok()) {
      return absl::Status(same.code(),
                          absl::StrCat("--draft-model: ", same.message()));
    }
    StepCostModel price = CostModelOf(energy, setup.model->shape,
                                      setup.model->backend->info().numerics);
    auto drafter = DraftModel::Create(std::move(setup.model), num_blocks,
                                      max_rows, std::move(price));
    if (!drafter.ok()) return drafter.status();
    drafters.push_back(*std::move(drafter));
  }
  if (draft_head != nullptr) {
    absl::StatusOr<std::optional<ElasticHeads>> heads =
        OpenLearning(*setup.exit_head, setup.learning_folder);
    if (!heads.ok()) return heads.status();
    drafters.push_back(std::make_unique<ExitSource>(
        ExitDrafter(model, std::move(draft_head), *setup.exit_head),
        *std::move(heads), model.config.norm_epsilon, max_rows,
        CostModelOf(energy, ShapeOfDrafting(*setup.exit_head, model.shape),
                    model.backend->info().numerics)));
  }
  return drafters;
}

}  // namespace mj
