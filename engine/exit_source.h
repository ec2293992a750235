// Drafts by the model's own first layers and an exit head
// (speculate/exit_drafter.h), for all sequences together.
#ifndef MILLIJOULE_ENGINE_EXIT_SOURCE_H_
#define MILLIJOULE_ENGINE_EXIT_SOURCE_H_

#include "engine/draft_source.h"
#include "engine/speculate/exit_drafter.h"

namespace mj {

class ExitSource final : public DraftSource {
 public:
  // `price`: of the first layers and the rows of the head that drafts read.
  ExitSource(ExitDrafter drafter, int max_rows, StepCostModel price);

  Drafter drafter() const override { return Drafter::kExitHead; }
  Price PerToken(int num_sequences, int context) const override;
  int MostTokens(const Sequence&) const override { return max_rows_; }
  void Draft(std::span<const DraftJob> jobs,
             const DraftPassSink& sink) override;
  void Forget(const Sequence&) override {}  // the model's cache is all it has

 private:
  ExitDrafter drafter_;
  const int max_rows_;
  const StepCostModel price_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_EXIT_SOURCE_H_
