#include "engine/step_batch.h"

#include <algorithm>

#include "engine/sample/penalties.h"
#include "engine/sample/sampler.h"

namespace mj {
namespace {

bool ScoresPrompt(const Sequence& s) {
  return s.choice == 0 && s.num_generated() == 0 &&
         s.request->request.logprobs.prompt.has_value();
}

// The first position whose token is still to be scored. Position 0, which
// nothing predicts, counts as scored.
int FirstUnscored(const Sequence& s) {
  if (!ScoresPrompt(s)) return s.num_prompt;
  return static_cast<int>(s.prompt_logprobs.size());
}

// The rows of `s` that compute [first, last) and whose logits are wanted.
void AddLogits(Sequence& s, int first, int last, StepBatch& batch) {
  const int row = static_cast<int>(batch.forward.tokens.size()) - first;
  const int score_from = std::max(first + 1, FirstUnscored(s));
  const int score_to = std::min(last + 1, s.num_prompt);
  for (int position = score_from; position < score_to; ++position) {
    batch.forward.logits_rows.push_back({row + position - 1});
    batch.uses.push_back({&s, position});
  }
  if (!s.generates()) return;
  for (int position = s.num_tokens(); position <= last; ++position) {
    batch.forward.logits_rows.push_back(
        {row + position - 1, NumTopWanted(s.request->request)});
    batch.uses.push_back({&s, position});
  }
}

// The rows of `s` that compute [first, last) and whose hidden state is wanted.
void AddHidden(Sequence& s, int first, int last, StepBatch& batch) {
  if (!s.embeds()) return;
  const int row = static_cast<int>(batch.forward.tokens.size()) - first;
  for (int position = std::max(first, s.num_embedded); position < last;
       ++position) {
    batch.hidden.rows.push_back(row + position);
    batch.hidden_uses.push_back({&s, position});
  }
}

void AddSequence(Sequence& s, int num_rows, StepBatch& batch) {
  ForwardBatch& forward = batch.forward;
  const int first = s.num_computed, last = first + num_rows;
  s.draft.resize(std::max(0, last - s.num_tokens()));
  s.sampled.clear();
  s.refuted = s.left_early = false;
  const size_t logits_before = forward.logits_rows.size();
  const size_t hidden_before = batch.hidden.rows.size();
  AddLogits(s, first, last, batch);
  AddHidden(s, first, last, batch);
  forward.sequences.push_back({static_cast<int>(forward.tokens.size()),
                               num_rows, first, s.blocks.ids()});
  forward.shape.sequences.push_back(
      {num_rows, first,
       static_cast<int>(forward.logits_rows.size() - logits_before),
       static_cast<int>(batch.hidden.rows.size() - hidden_before)});
  forward.tokens.insert(forward.tokens.end(), s.tokens.begin() + first,
                        s.tokens.begin() + std::min(last, s.num_tokens()));
  forward.tokens.insert(forward.tokens.end(), s.draft.begin(), s.draft.end());
  batch.sequences.push_back(&s);
}

}  // namespace

int FirstWantedRow(const Sequence& s) {
  if (s.embeds()) return s.num_embedded;
  return (ScoresPrompt(s) ? FirstUnscored(s) : s.num_tokens()) - 1;
}

int NumTopWanted(const Request& request) {
  if (request.logprobs.generated || ChangesLogits(request.sampling)) return 0;
  return NumDecisive(request.sampling);
}

StepBatch MakeBatch(const StepPlan& plan, std::span<Sequence* const> running) {
  StepBatch batch;
  for (const PlannedRows& rows : plan.rows) {
    AddSequence(*running[rows.sequence], rows.num_rows, batch);
  }
  return batch;
}

}  // namespace mj
