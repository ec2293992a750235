// What drafts gain at the whole batch; the formula is in controller.h.
#ifndef MILLIJOULE_ENGINE_SPECULATE_BATCH_GAIN_H_
#define MILLIJOULE_ENGINE_SPECULATE_BATCH_GAIN_H_

#include "engine/speculate/controller.h"

namespace mj {

// Of one planned step, with the corrections of this moment. Rows are those of
// drafts, less than inputs.step has prices for.
class BatchGain final {
 public:
  BatchGain(const SpeculationInputs& inputs, const SpeculationMemory& memory);

  // 1: as without drafts. The step is taken to cost a standard error more than
  // it seems to: the best of many guesses is seldom as good as it looks.
  double Of(double accepted, int rows, const Price& drafting) const;
  // If all hold and rows that were never measured are free.
  double AtBest(int rows, const Price& drafting) const;

  // Costs in tokens: how many the batch decodes meanwhile, or for as much.
  double TokensFor(const Price& price) const;
  Price Extra(int rows) const;     // corrected, of that many draft rows
  Price StepWith(int rows) const;  // corrected
  double num_tokens() const { return num_tokens_; }  // without drafts
  // Whether enough steps without drafts have been measured.
  bool knows_plain_step() const;
  // Whether steps with so many draft rows have been measured.
  bool knows(int rows) const;
  // Up to the first numbers of rows beyond those measured.
  int most_rows() const { return most_rows_; }

 private:
  // Of the corrections, for a step with `rows` draft rows.
  struct Ratio {
    RowCorrections::Estimate time, energy;
  };
  Ratio RatioOf(int all_rows) const;
  int MostRows() const;
  double Gain(double accepted, const Price& extra) const;

  const SpeculationInputs& inputs_;
  SpeculationMemory::Corrections corrections_;
  double num_tokens_;
  int most_rows_;
  Price decode_, plain_;  // corrected: decode rows alone; the planned step
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_BATCH_GAIN_H_
