#include "engine/draft_account.h"

namespace mj {

void DraftAccount::NoteDraft(Drafter drafter, int request_class, int drafted,
                             int accepted, Joules drafting) {
  step_.push_back({drafter, request_class, {drafted, accepted, drafting}});
}

void DraftAccount::NoteDrafting(Drafter drafter, int request_class,
                                Seconds time) {
  step_.push_back({drafter, request_class, {.time = time}});
}

void DraftAccount::NoteStep(const Price& with, const Price& without,
                            Seconds time) {
  int64_t rows = 0;
  for (const OfStep& draft : step_) rows += draft.spent.drafted;
  const Joules energy = with.energy - without.energy;
  const Seconds measured = time * ((with.time - without.time) / with.time);
  for (const auto& [drafter, request_class, spent] : step_) {
    DraftSpending& sum = all_[static_cast<size_t>(drafter)][request_class];
    const double share =
        rows == 0 ? 0 : static_cast<double>(spent.drafted) / rows;
    sum.drafted += spent.drafted;
    sum.accepted += spent.accepted;
    sum.energy += spent.energy + share * energy;
    sum.time += spent.time + share * measured;
  }
  step_.clear();
}

}  // namespace mj
