// Which sequences speculate in the next step, by which drafter and how far: a
// pure decision from plain data, made anew for every step.
//
// All drafts share one step, so they are weighed together, at the whole batch.
// With n sequences that decode, D the cost of a step of their rows alone and
// C(r) the cost of the planned step with r draft rows more, drafts of r tokens
// of which A are expected to be accepted gain
//     (1 + A / n) * D / (D + C(r) - C(0) + drafting),
// in seconds and in joules; the lesser of the two counts (batch_gain.h). A step
// that also computes prompts is dearer, but not by that: an accepted token
// saves what decoding it later costs, never a share of the prompts.
//
// Rows are handed out one by one to the draft that is most likely to go on, so
// each r has its best A, and the r of the greatest gain is taken, if this is at
// least 1 + margin. Costs need not be convex: rows that fill up a tile are
// found. Costs and chances are as measured (speculation_memory.h).
//
// Costs are never taken on trust. Before drafts, some steps of as many rows run
// without; numbers of rows beyond those measured are tried little by little;
// and now and then a draft that does not seem worth its rows is tried, if it
// would be with all its tokens accepted.
#ifndef MILLIJOULE_ENGINE_SPECULATE_CONTROLLER_H_
#define MILLIJOULE_ENGINE_SPECULATE_CONTROLLER_H_

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/speculate/acceptance.h"
#include "engine/speculate/drafter.h"
#include "engine/speculate/speculation_memory.h"
#include "hw_backends/models/step_cost_model.h"

namespace mj {

enum class SpeculationPolicy {
  kOff,    // never, at no cost
  kAuto,   // where it gains
  kFixed,  // always, by the first offer, max_length tokens
};

struct SpeculationLimits {
  SpeculationPolicy policy = SpeculationPolicy::kAuto;
  int max_length = 16;             // tokens of a draft
  double margin = 0.03;            // that a gain must reach
  double most_exploration = 0.01;  // share of the time that trying may lose
};

// A draft that could be had.
struct DraftOffer {
  Drafter drafter = Drafter::kNgram;
  int length = 0;    // tokens at the most
  int evidence = 0;  // length of the match; 0 where there is none
  Price per_token;   // predicted, of drafting one; 0: it is there already
};

// A sequence that decodes: one row without a draft.
struct DraftingSequence {
  std::span<const DraftOffer> offers;              // none: it cannot speculate
  int request_class = 0;                           // < kRequestClasses
  const SequenceAcceptance* acceptance = nullptr;  // REQUIRES: where it offers
  int group = 0;                                   // as DraftClass's
};

// Prices are predicted, uncorrected.
struct SpeculationInputs {
  std::span<const DraftingSequence> sequences;  // all that decode
  int num_rows = 0;             // of the planned step, prompts too
  Price decode;                 // a step of the decoding rows alone
  std::span<const Price> step;  // [r]: the planned step with r draft rows more
};

// reason: "off", "fixed", "no draft", "no gain at this load",
// "budget of rows", "expected gain", "exploring".
struct DraftChoice {
  Drafter drafter = Drafter::kNone;
  int length = 0;  // > 0 if there is a drafter
  std::string_view reason;
};

struct SpeculationPlan {
  std::vector<DraftChoice> choices;  // one a sequence
  int num_rows = 0;                  // of all drafts
  double gain = 1;                   // expected, the lesser of both
  // For SpeculationMemory::ObserveExploration(), where a draft is tried.
  std::optional<Exploration> exploration;
};

// Whether drafts could gain in this step if all of them held: ask first, and
// draft nothing if not. Does not read the sequences' offers.
// REQUIRES: sequences and step are not empty
bool MayGain(const SpeculationLimits& limits, const SpeculationInputs& inputs,
             const SpeculationMemory& memory);

// REQUIRES: sequences and step are not empty
SpeculationPlan PlanSpeculation(const SpeculationLimits& limits,
                                const SpeculationInputs& inputs,
                                const SpeculationMemory& memory);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_CONTROLLER_H_
