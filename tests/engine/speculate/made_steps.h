// Steps with round numbers whose costs are known, for tests of decisions.
#ifndef MILLIJOULE_TESTS_ENGINE_SPECULATE_MADE_STEPS_H_
#define MILLIJOULE_TESTS_ENGINE_SPECULATE_MADE_STEPS_H_

#include <cmath>
#include <functional>
#include <vector>

#include "engine/speculate/controller.h"

namespace mj {

// Cost of a step in steps of one row: 10 ms and 0.1 J each.
using CostOfRows = std::function<double(int)>;

inline double Free(int) { return 1; }
inline double Linear(int rows) { return rows; }
inline double Tiles(int rows) { return (rows + 7) / 8; }  // of eight rows

inline Price Times(double cost) {
  return {Joules(0.1 * cost), Seconds(0.01 * cost)};
}

// A memory that has measured all numbers of rows up to 64, as predicted, and
// explores nothing in the next 64 steps.
inline SpeculationMemory Measured(const CostOfRows& cost) {
  SpeculationMemory memory;
  for (int i = 0; i < 10; ++i) {
    for (int rows = 1; rows <= 64; ++rows) {
      const Price price = Times(cost(rows));
      memory.ObserveStep(rows, {price, price.time, price.energy}, 0.01);
    }
  }
  memory.ObserveExploration({1, Seconds(1)}, 1, Seconds(1));
  return memory;
}

// Inputs and what they point to.
class MadeStep final {
 public:
  MadeStep(const CostOfRows& cost, int load, int most_draft_rows,
           int prompt_rows = 0)
      : offers_(load), acceptance_(load), sequences_(load) {
    for (int i = 0; i < load; ++i) sequences_[i].acceptance = &acceptance_[i];
    for (int r = 0; r <= most_draft_rows; ++r) {
      step_.push_back(Times(cost(load + prompt_rows + r)));
    }
    inputs_ = {sequences_, load + prompt_rows, Times(cost(load)), step_};
  }
  MadeStep(const MadeStep&) = delete;

  void Offer(int sequence, const DraftOffer& offer) {
    offers_[sequence].push_back(offer);
    sequences_[sequence].offers = offers_[sequence];
  }
  // Drafts by n-grams have held with these chances, of each sequence in turn.
  void Teach(SpeculationMemory& memory, const std::vector<double>& chances) {
    for (int i = 0; i < 100; ++i) {
      for (size_t j = 0; j < chances.size(); ++j) {
        const bool holds =
            std::floor((i + 1) * chances[j]) > std::floor(i * chances[j]);
        memory.ObserveDraft({{Drafter::kNgram, 0, 8}, 1, holds},
                            acceptance_[j]);
      }
    }
  }
  const SpeculationInputs& inputs() const { return inputs_; }

 private:
  std::vector<std::vector<DraftOffer>> offers_;
  std::vector<SequenceAcceptance> acceptance_;
  std::vector<DraftingSequence> sequences_;
  std::vector<Price> step_;
  SpeculationInputs inputs_;
};

inline DraftOffer Ngram(int length) {
  return {.drafter = Drafter::kNgram, .length = length, .evidence = 8};
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_SPECULATE_MADE_STEPS_H_
