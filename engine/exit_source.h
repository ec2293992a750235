// Drafts by the model's own first layers and an exit head
// (speculate/exit_drafter.h), for all sequences together. Where it learns
// (speculate/elastic_heads.h), a row is drafted with its tenant's map.
#ifndef MILLIJOULE_ENGINE_EXIT_SOURCE_H_
#define MILLIJOULE_ENGINE_EXIT_SOURCE_H_

#include <optional>
#include <string>

#include "engine/draft_source.h"
#include "engine/speculate/elastic_heads.h"
#include "engine/speculate/exit_drafter.h"

namespace mj {

class ExitSource final : public DraftSource {
 public:
  // `price`: of the first layers and the rows of the head that drafts read.
  // `heads`: absent where it does not learn; `norm_epsilon` is the model's.
  ExitSource(ExitDrafter drafter, std::optional<ElasticHeads> heads,
             float norm_epsilon, int max_rows, StepCostModel price);

  Drafter drafter() const override { return Drafter::kExitHead; }
  Price PerToken(int num_sequences, int context) const override;
  int MostTokens(const Sequence&) const override { return max_rows_; }
  void Draft(std::span<const DraftJob> jobs,
             const DraftPassSink& sink) override;
  void Forget(const Sequence&) override {}  // the model's cache is all it has
  HiddenTap* Watch(const Sequence& s, int row) override;
  void Learn() override;
  std::optional<LearningStats> learning() const override;

 private:
  ExitDrafter drafter_;
  std::optional<ElasticHeads> heads_;
  const float norm_epsilon_;
  HiddenTap tap_;       // of the step that runs
  std::string tenant_;  // whose row that is
  const int max_rows_;
  const StepCostModel price_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_EXIT_SOURCE_H_
