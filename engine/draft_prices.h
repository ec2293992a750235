// What a planned step costs with rows of drafts in it.
#ifndef MILLIJOULE_ENGINE_DRAFT_PRICES_H_
#define MILLIJOULE_ENGINE_DRAFT_PRICES_H_

#include <vector>

#include "engine/queues.h"
#include "engine/schedule/plan_step.h"
#include "hw_backends/models/step_cost_model.h"

namespace mj {

// Whether these rows are one that decodes: the sequence lacks one token, and
// generates.
bool Decodes(const PlannedRows& rows, const Queues& queues);

// Predicted, uncorrected.
struct DraftPrices {
  Price decode;             // a step of the rows alone that decode
  std::vector<Price> step;  // [r]: the planned step with r draft rows more
  int mean_context = 0;     // of the rows that decode
};

// For up to `most_rows` draft rows. `prices` keeps its memory from step to
// step. REQUIRES: some row of the plan decodes, and it is not applied
void PriceDrafts(const StepCostModel& model, const Queues& queues,
                 const StepPlan& plan, int most_rows, DraftPrices& prices);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DRAFT_PRICES_H_
