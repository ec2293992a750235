// A StepPlan as the model's runner takes it.
#ifndef MILLIJOULE_ENGINE_STEP_BATCH_H_
#define MILLIJOULE_ENGINE_STEP_BATCH_H_

#include <optional>
#include <span>
#include <vector>

#include "engine/energy/attribution.h"
#include "engine/model/forward_batch.h"
#include "engine/request/sequence.h"
#include "engine/schedule/plan_step.h"

namespace mj {

// What a row of logits is for: it predicts the token at `position`, which is
// drawn if the sequence does not have it yet, and scored if it does. A row
// behind draft tokens counts only if these turn out right.
struct LogitsUse {
  Sequence* sequence = nullptr;
  int position = 0;
};

// Adds a row of hidden state to its sequence's sum.
struct HiddenUse {
  Sequence* sequence = nullptr;
  int position = 0;
};

// The first of the sequence's rows of which something is wanted: what lies
// before it may come from elsewhere.
int FirstWantedRow(const Sequence& s);

// How many of a row's largest logits draw a token of `request`; 0: it takes
// them all, as what touches or tells others does.
int NumTopWanted(const Request& request);

// Valid until the sequences change.
struct StepBatch {
  ForwardBatch forward;
  std::vector<Sequence*> sequences;  // as in forward.sequences
  std::vector<LogitsUse> uses;       // as forward.logits_rows
  HiddenRows hidden;  // for forward.hidden, once that points here
  std::vector<HiddenUse> hidden_uses;  // as hidden.rows
  // Once it has run: sequences whose row left the model early, and the joules
  // of a step in which some might; nothing: those of its shape.
  int num_left = 0;
  std::optional<StepEnergy> energy;
};

// `running` is what the plan's indices mean.
StepBatch MakeBatch(const StepPlan& plan, std::span<Sequence* const> running);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_STEP_BATCH_H_
