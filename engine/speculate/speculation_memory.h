// What speculation learns while it runs: what steps and drafts really cost, how
// often drafts hold, and what trying things out has cost.
#ifndef MILLIJOULE_ENGINE_SPECULATE_SPECULATION_MEMORY_H_
#define MILLIJOULE_ENGINE_SPECULATE_SPECULATION_MEMORY_H_

#include <array>
#include <cstdint>
#include <optional>

#include "engine/speculate/acceptance.h"
#include "engine/speculate/drafter.h"
#include "engine/speculate/row_corrections.h"
#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

// Predicted and measured cost of the same work. Joules are seldom measured by
// the step: where they are not, `power` times the difference between measured
// and predicted time comes on top of the predicted ones.
struct CostOutcome {
  Price predicted;  // uncorrected
  Seconds time{0};
  std::optional<Joules> energy;
  Watts power{0};  // beyond operations and bytes: StepCostModel::busy_power()
};

// A step with drafts that did not seem worth their rows, tried to learn: what
// was expected of it without them.
struct Exploration {
  double tokens = 0;
  Seconds time{0};  // with the drafting of the others
};

// How much may be tried: at most one step in kLeastInterval, one in twice as
// many after each try that lost much, and in all a share of the time.
class ExplorationBudget final {
 public:
  static constexpr int kLeastInterval = 64, kMostInterval = 1024;  // steps

  // `share`: of the time of all steps, that may be lost.
  void NoteStep(double share);
  // `loss`: at the worst, in times of a step.
  bool Affords(double loss) const { return wait_ <= 0 && loss <= purse_; }
  // `gain`: of tokens a second, relative; < 0: it lost.
  void Spend(double gain);
  int num_explored() const { return num_explored_; }

 private:
  static constexpr double kPurse = 2;  // step times at the start; kept: 4 times
  static constexpr double kMuch = 0.2;

  double purse_ = kPurse;
  int wait_ = kLeastInterval / 4;
  int interval_ = kLeastInterval;
  int num_explored_ = 0;
};

// Engine thread only.
class SpeculationMemory final {
 public:
  // `rows`: all of the step, drafts too; drafting is not part of its cost.
  // `exploration_share`: SpeculationLimits::most_exploration. Every step that
  // decodes counts, whether or not anything was drafted.
  void ObserveStep(int rows, const CostOutcome& cost, double exploration_share);
  // A step that was run before the first request, to know its cost.
  void ObserveProbe(int rows, const CostOutcome& cost);
  // The cost of drafting by `drafter` in one step, of all that it drafted.
  void ObserveDrafting(Drafter drafter, const CostOutcome& cost);
  void ObserveDraft(const DraftOutcome& draft, SequenceAcceptance& of) {
    acceptance_.Observe(draft, step_, of);
  }
  // After ObserveStep() of the same step, which generated so many tokens and
  // took so long with all drafting.
  void ObserveExploration(const Exploration& exploration, int tokens,
                          Seconds time);

  struct Corrections {
    RowCorrections::Estimates time, energy;
  };
  Corrections CorrectionsNow() const {
    return {time_.At(step_), energy_.At(step_)};
  }
  Price Corrected(Drafter drafter, const Price& price) const;
  DraftOdds Odds(const DraftClass& of, const SequenceAcceptance& s) const {
    return acceptance_.Odds(of, s, step_);
  }
  const ExplorationBudget& exploration() const { return exploration_; }

 private:
  struct DraftingRatio {
    double time = 1, energy = 1;
    int count = 0;
  };

  int64_t step_ = 0;
  RowCorrections time_, energy_;
  std::array<DraftingRatio, kNumDrafters> drafting_;
  AcceptanceTable acceptance_;
  ExplorationBudget exploration_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_SPECULATION_MEMORY_H_
