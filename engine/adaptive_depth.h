// The engine thread's half of adaptive depth: in each step, which sequences may
// leave early, whether it is worth asking the exit head, and who leaves.
//
// A sequence may leave for a generated token after its first, if its request
// asked for it or the server is under a power cap that binds, and if the exit
// head can say the token: where the choice is greedy and nothing changes the
// logits or asks for them. Others run whole. Prompts, drafts that are verified
// and tokens that are computed again always run whole.
//
// Exempt from the rule of bits: what leaves depends on who shares the step. So
// no block of a sequence is shared from the first one on in which a position
// left, nor any later.
//
// The head is the one that was given at the start; it never learns.
#ifndef MILLIJOULE_ENGINE_ADAPTIVE_DEPTH_H_
#define MILLIJOULE_ENGINE_ADAPTIVE_DEPTH_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/depth_options.h"
#include "engine/depth_stats.h"
#include "engine/energy/exit_prices.h"
#include "engine/energy_setup.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/draft_head.h"
#include "engine/speculate/exit_head.h"
#include "engine/speculate/exit_pass.h"
#include "engine/step_batch.h"

namespace mj {

// Engine thread only, but for what says otherwise.
class AdaptiveDepth final {
 public:
  // `draft_head` is `head`, loaded. `model` outlives it.
  AdaptiveDepth(const DepthOptions& options, const ExitHead& head,
                std::shared_ptr<DraftHead> draft_head,
                const EnergySetup& energy, LoadedModel& model);

  // As StepRunner::Run(). A token that leaves reaches `sink` as the largest of
  // its logits. Fills what `batch` tells of it. `capped`: a power cap binds.
  StepOutcome Run(bool capped, const LogitsSink& sink, StepBatch& batch);

  // Of a request that may leave early. Any thread.
  DepthReport NewReport(const Request& request) const;
  // The sequence has taken in `taken` tokens of a step.
  void NoteTaken(const Sequence& s, int taken);
  const DepthStats& stats() const { return stats_; }

 private:
  // Of the batch, numbers: its sequence, its row, its logits.
  struct Candidate {
    int sequence = 0, row = 0, logits = 0;
  };
  void Gather(bool capped, const StepBatch& batch);
  bool MayLeave(const Sequence& s, bool capped) const;
  bool IsWorthAsking(const StepBatch& batch);
  std::vector<int> Choose(std::span<const Draft> drafts,
                          const StepBatch& batch);

  const DepthOptions options_;
  const std::string checksum_;
  ExitPass pass_;
  const ExitPrices prices_;
  LoadedModel& model_;
  DepthStats stats_;
  // Of the step that runs.
  std::vector<Candidate> candidates_;
  ExitStake stake_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ADAPTIVE_DEPTH_H_
