// The engine thread's half of speculation: gathers what could be drafted for
// the sequences that decode, lets the controller choose (speculate/
// controller.h), and teaches it what became of it. While no sequence may
// speculate it only asks that. Engine thread only.
#ifndef MILLIJOULE_ENGINE_SPECULATOR_H_
#define MILLIJOULE_ENGINE_SPECULATOR_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/draft_account.h"
#include "engine/draft_permission.h"
#include "engine/draft_prices.h"
#include "engine/draft_source.h"
#include "engine/queues.h"
#include "engine/request/sequence.h"
#include "engine/schedule/plan_step.h"
#include "engine/speculate/controller.h"
#include "engine/speculation_stats.h"
#include "engine/step_batch.h"
#include "engine/step_probe.h"
#include "hw_backends/clock.h"
#include "hw_backends/models/step_cost_model.h"

namespace mj {

class Speculator final {
 public:
  // `by_default`: of requests that leave it to the server. `model` prices
  // steps, and outlives it.
  Speculator(Speculation by_default, const SpeculationLimits& limits,
             std::vector<std::unique_ptr<DraftSource>> sources,
             const StepCostModel& model);
  // What steps have been measured to cost, before the first request.
  void NoteProbes(std::span<const ProbedStep> steps);

  bool Has(Drafter drafter) const { return permission_.Has(drafter); }

  // Chooses drafts for sequences of the plan that lack one token, and gives
  // them rows. Returns whether the plan has changed. REQUIRES: `plan` was made
  // from `input`, and is not applied
  bool AddDrafts(const PlanInput& input, const Queues& queues, StepPlan& plan);
  // Computes those that sources guess; rows that they leave are taken back.
  // Returns the time it took. REQUIRES: the plan has been applied
  Seconds ComputeDrafts(const Clock& clock, const DraftPassSink& sink,
                        StepPlan& plan);
  // The sequence has ended.
  void Forget(const Sequence& s);
  void LimitThreads(int threads);  // of all sources; any thread
  // What of the step should be kept for drafters that learn: of half of the
  // steps, a row. Sequences that may draft by them take turns.
  // REQUIRES: the batch was made from the plan that AddDrafts() saw
  HiddenTap* Watch(const StepBatch& batch);

  // The sequence has taken in its last `taken` tokens; its draft is still
  // there. `ended`: they end the reply.
  void NoteTaken(Sequence& s, int taken, bool ended);
  // After a step of so many rows, all of whose sequences have been noted.
  void NoteStep(const Clock& clock, int rows, Seconds time, Seconds drafting);

  SpeculationStats stats() const;

 private:
  // A sequence that decodes in this step.
  struct Decoding {
    Sequence* sequence;
    int plan_row;         // index into plan.rows
    Speculation allowed;  // by whom
    DraftChoice choice{};
    std::array<DraftOffer, kNumDrafters - 1> offers{};
    int num_offers = 0;
  };
  DraftState& StateOf(Sequence& s);
  bool Gather(const Queues& queues, const StepPlan& plan);
  void AskDrafters(Decoding& d);
  SpeculationInputs Inputs() const;
  void TakeChoice(Decoding& d, const DraftChoice& choice);
  void HoldAgainst(DraftState& state, TokenId token);
  void Count(Drafter drafter, std::string_view reason);
  const Decoding* NextToWatch(Drafter drafter);

  const DraftPermission permission_;
  const SpeculationLimits limits_;
  const std::vector<std::unique_ptr<DraftSource>> sources_;
  const StepCostModel& model_;
  const uint64_t secret_;              // of n-gram indices
  std::map<std::string, int> groups_;  // by tenant
  SpeculationMemory memory_;
  SpeculationStats stats_;
  DraftAccount account_;
  std::map<std::pair<std::string_view, Drafter>, int64_t> choices_;

  // Of the step that is planned.
  bool active_ = false;  // some sequence may speculate
  std::vector<Decoding> decoding_;
  std::vector<DraftingSequence> drafting_;
  int num_rows_ = 0;  // without drafts
  DraftPrices prices_;
  std::vector<int> lengths_;  // [plan rows]
  std::optional<Exploration> exploration_;
  int tokens_ = 0;                  // that it has generated
  DraftSource* learner_ = nullptr;  // of its tap
  Seconds learning_{0};             // ever
  size_t turn_ = 0;                 // of those who are learned from
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATOR_H_
