// What guessing ahead costs, beyond the steps that would have been run without
// it, and what it brings: by drafter and by class of request.
//
// A draft costs the passes that computed it and the rows that verify it. Joules
// are those of the step cost model. Seconds are measured: of the passes, and of
// each step the part that its draft rows have by the model.
// Engine thread only.
#ifndef MILLIJOULE_ENGINE_DRAFT_ACCOUNT_H_
#define MILLIJOULE_ENGINE_DRAFT_ACCOUNT_H_

#include <vector>

#include "engine/speculation_stats.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

class DraftAccount final {
 public:
  // Of a draft that was verified in the step that runs. `drafting`: the joules
  // of the passes that computed it.
  void NoteDraft(Drafter drafter, int request_class, int drafted, int accepted,
                 Joules drafting);
  // Of passes for such a draft.
  void NoteDrafting(Drafter drafter, int request_class, Seconds time);
  // The step took so long; `with` and `without` its draft rows, it is priced.
  void NoteStep(const Price& with, const Price& without, Seconds time);
  // The step is not to be counted: its price is not known.
  void SkipStep() { step_.clear(); }

  const DraftSpendings& all() const { return all_; }

 private:
  struct OfStep {
    Drafter drafter;
    int request_class;
    DraftSpending spent;
  };

  DraftSpendings all_{};
  std::vector<OfStep> step_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DRAFT_ACCOUNT_H_
