// Computes drafts with passes of its own: a smaller model, or the model's first
// layers. What it guesses never changes a reply, only what it costs.
#ifndef MILLIJOULE_ENGINE_DRAFT_SOURCE_H_
#define MILLIJOULE_ENGINE_DRAFT_SOURCE_H_

#include <functional>
#include <optional>
#include <span>

#include "engine/model/forward_batch.h"
#include "engine/request/sequence.h"
#include "engine/speculate/drafter.h"
#include "engine/speculation_stats.h"
#include "hw_backends/models/step_cost_model.h"
#include "kernels/step_shape.h"

namespace mj {

struct DraftJob {
  Sequence* sequence;
  int length;  // > 0
};

// A pass that was run: its sequences and their rows, as in `shape`, and what
// prices it.
using DraftPassSink = std::function<void(
    std::span<Sequence* const>, const StepShape& shape, const StepCostModel&)>;

// Engine thread only.
class DraftSource {
 public:
  virtual ~DraftSource() = default;
  virtual Drafter drafter() const = 0;
  // Predicted, of one token more for one of so many sequences, at least 1.
  virtual Price PerToken(int num_sequences, int context) const = 0;
  // How many it could guess for the sequence: what its context and memory
  // allow.
  virtual int MostTokens(const Sequence& s) const = 0;
  // Fills each `draft` with so many tokens, and shows each pass to `sink`. Who
  // needs more than a pass to catch up gets none yet.
  virtual void Draft(std::span<const DraftJob> jobs,
                     const DraftPassSink& sink) = 0;
  // The sequence has ended.
  virtual void Forget(const Sequence& s) = 0;
  // As Backend::LimitThreads(), of a backend of its own. Any thread.
  virtual void LimitThreads(int) {}

  // What it wants to see of this row of the sequence in the step to come, and
  // learns from in Learn(), after that step; null: it does not learn.
  virtual HiddenTap* Watch(const Sequence&, int /*row*/) { return nullptr; }
  virtual void Learn() {}
  virtual std::optional<LearningStats> learning() const { return {}; }
};

// A token's own cost and its share of the passes, among so many sequences.
inline Price PassPerToken(const StepCostModel& price, int num_sequences,
                          int context) {
  const Price pass = price.AllPasses();
  const Price own = price.Own({1, context, 1});
  const double share = 1.0 / num_sequences;
  return {share * pass.energy + own.energy, share * pass.time + own.time};
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DRAFT_SOURCE_H_
