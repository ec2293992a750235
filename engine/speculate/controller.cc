#include "engine/speculate/controller.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/speculate/batch_gain.h"

namespace mj {
namespace {

using Reason = std::string_view;
constexpr Reason kNoDraft = "no draft", kNoGain = "no gain at this load",
                 kNoRows = "budget of rows", kExpected = "expected gain",
                 kExploring = "exploring";
constexpr double kLeastChance = 0.02;  // of a row that is worth a thought
constexpr int kExploredLengths = 4;    // 1, 2, ... tokens in turn

int MostRows(const SpeculationInputs& inputs) {
  return static_cast<int>(inputs.step.size()) - 1;
}

int MostOf(const SpeculationLimits& limits, const DraftOffer& offer) {
  return std::min(offer.length, limits.max_length);
}

// A draft as it grows by rows.
struct Draft {
  int sequence;
  const DraftOffer* offer;
  DraftOdds odds;
  Price per_token;    // corrected
  double token_cost;  // the same, in tokens
  int length = 0;

  // Tokens that one row more is expected to bring.
  double value() const { return odds.next() - token_cost; }
};

// The rows of all drafts, in the order they were handed out.
struct Rows {
  std::vector<Draft*> order;
  int best = 0;                           // so many of them gain most
  double gain = 1;                        // then
  double accepted = 0, all_accepted = 0;  // expected: then, and of all
  Price drafting, all_drafting;
  bool more_wanted = false;  // when rows ran out
};

class Planner final {
 public:
  Planner(const SpeculationLimits& limits, const SpeculationInputs& inputs,
          const SpeculationMemory& memory)
      : limits_(limits),
        inputs_(inputs),
        memory_(memory),
        gain_(inputs, memory) {}

  SpeculationPlan Plan();

 private:
  Draft Begin(int sequence, const DraftOffer& offer) const;
  double Worth(Draft draft, double row_cost) const;
  std::vector<Draft> BestOffers() const;
  Rows HandOut(std::vector<Draft>& drafts) const;
  bool WouldGain(int length, const Price& per_token) const;
  bool Affords(const Rows& rows, int more, Seconds drafting,
               SpeculationPlan& plan) const;
  bool TellsNothing(const DraftOffer& offer, int rows) const;
  bool TryDraft(const Rows& rows, SpeculationPlan& plan) const;
  bool TryRows(const Rows& rows, SpeculationPlan& plan) const;

  const SpeculationLimits& limits_;
  const SpeculationInputs& inputs_;
  const SpeculationMemory& memory_;
  BatchGain gain_;
};

Draft Planner::Begin(int sequence, const DraftOffer& offer) const {
  const DraftingSequence& s = inputs_.sequences[sequence];
  const DraftClass of{offer.drafter, s.request_class, offer.evidence, s.group};
  const Price per_token = memory_.Corrected(offer.drafter, offer.per_token);
  return {sequence, &offer, memory_.Odds(of, *s.acceptance), per_token,
          gain_.TokensFor(per_token)};
}

// Tokens that a draft of the best length brings, when a row costs so many.
double Planner::Worth(Draft draft, double row_cost) const {
  double worth = 0;
  for (int i = 0; i < MostOf(limits_, *draft.offer); ++i) {
    const double more = draft.value() - row_cost;
    if (more <= 0) break;
    worth += more;
    draft.odds.Take();
  }
  return worth;
}

// One draft a sequence, of length 0; of equal offers the first.
std::vector<Draft> Planner::BestOffers() const {
  const int num_sequences = static_cast<int>(inputs_.sequences.size());
  const int some_rows = std::min(MostRows(inputs_), num_sequences);
  const double row_cost =
      some_rows == 0 ? 0 : gain_.TokensFor(gain_.Extra(some_rows)) / some_rows;
  std::vector<Draft> drafts;
  drafts.reserve(num_sequences);
  for (int i = 0; i < num_sequences; ++i) {
    const std::span<const DraftOffer> offers = inputs_.sequences[i].offers;
    double best = -1;
    for (const DraftOffer& offer : offers) {
      if (MostOf(limits_, offer) <= 0) continue;
      const Draft draft = Begin(i, offer);
      const double worth = offers.size() == 1 ? 0 : Worth(draft, row_cost);
      if (worth <= best) continue;
      if (best >= 0) drafts.pop_back();
      drafts.push_back(draft);
      best = worth;
    }
  }
  return drafts;
}

Rows Planner::HandOut(std::vector<Draft>& drafts) const {
  using Entry = std::pair<double, Draft*>;
  std::vector<Entry> heap;
  heap.reserve(drafts.size());
  const auto less = [](const Entry& a, const Entry& b) {
    return a.first < b.first;
  };
  for (Draft& draft : drafts) heap.emplace_back(draft.value(), &draft);
  std::make_heap(heap.begin(), heap.end(), less);

  Rows rows;
  double& accepted = rows.all_accepted;
  Price& drafting = rows.all_drafting;
  while (!heap.empty() && heap.front().first > kLeastChance) {
    const int count = static_cast<int>(rows.order.size()) + 1;
    if (count > gain_.most_rows()) {
      rows.more_wanted = true;
      break;
    }
    std::pop_heap(heap.begin(), heap.end(), less);
    Draft& draft = *heap.back().second;
    accepted += draft.odds.next();
    drafting += draft.per_token;
    rows.order.push_back(&draft);
    draft.odds.Take();
    if (++draft.length < MostOf(limits_, *draft.offer)) {
      heap.back().first = draft.value();
      std::push_heap(heap.begin(), heap.end(), less);
    } else {
      heap.pop_back();
    }
    const double gain = gain_.Of(accepted, count, drafting);
    if (gain < 1 + limits_.margin || gain <= rows.gain) continue;
    rows.best = count;
    rows.gain = gain;
    rows.accepted = accepted;
    rows.drafting = drafting;
  }
  rows.more_wanted &= rows.best == gain_.most_rows();
  return rows;
}

// If all sequences had drafts of that length, and all held.
bool Planner::WouldGain(int length, const Price& per_token) const {
  const int num_sequences = static_cast<int>(inputs_.sequences.size());
  const int rows = std::min(MostRows(inputs_), length * num_sequences);
  return gain_.AtBest(rows, {per_token.energy * rows, per_token.time * rows}) >=
         1 + limits_.margin;
}

// Whether `more` rows beyond the best plan may be tried; notes it if so.
bool Planner::Affords(const Rows& rows, int more, Seconds drafting,
                      SpeculationPlan& plan) const {
  const Seconds plain = gain_.StepWith(rows.best).time + rows.drafting.time;
  const Seconds dear =
      gain_.StepWith(rows.best + more).time + rows.drafting.time + drafting;
  if (!memory_.exploration().Affords((dear - plain) / plain)) return false;
  plan.num_rows = rows.best + more;
  plan.exploration = Exploration{gain_.num_tokens() + rows.accepted, plain};
  return true;
}

// A draft of a sequence without any; these, their offers and lengths take
// turns. Offers that are there already are held against the tokens that come
// anyway: where their rows are known, trying them would tell nothing.
bool Planner::TryDraft(const Rows& rows, SpeculationPlan& plan) const {
  const int turn = memory_.exploration().num_explored();
  const int num_sequences = static_cast<int>(plan.choices.size());
  for (int i = 0; i < num_sequences; ++i) {
    const int sequence = (turn + i) % num_sequences;
    const auto& offers = inputs_.sequences[sequence].offers;
    if (offers.empty() || plan.choices[sequence].length > 0) continue;
    for (size_t j = 0; j < offers.size(); ++j) {
      const DraftOffer& offer =
          offers[(turn / kExploredLengths + j) % offers.size()];
      const int length =
          std::min({1 + turn % kExploredLengths, MostOf(limits_, offer),
                    gain_.most_rows() - rows.best});
      if (length <= 0 || TellsNothing(offer, rows.best + length)) continue;
      const Price per_token = memory_.Corrected(offer.drafter, offer.per_token);
      if (!WouldGain(length, per_token)) continue;
      if (!Affords(rows, length, per_token.time * length, plan)) return false;
      plan.choices[sequence] = {offer.drafter, length, kExploring};
      return true;
    }
  }
  return false;
}

bool Planner::TellsNothing(const DraftOffer& offer, int rows) const {
  return offer.per_token.time == Seconds(0) && gain_.knows(rows);
}

// All the rows that were weighed, if their tokens were a gain for nothing and
// what they cost is not known.
bool Planner::TryRows(const Rows& rows, SpeculationPlan& plan) const {
  const int more = static_cast<int>(rows.order.size()) - rows.best;
  if (gain_.knows(static_cast<int>(rows.order.size()))) return false;
  const double tokens = gain_.num_tokens();
  if ((tokens + rows.all_accepted) <
      (1 + limits_.margin) * (tokens + rows.accepted)) {
    return false;
  }
  const Seconds drafting = rows.all_drafting.time - rows.drafting.time;
  if (!Affords(rows, more, drafting, plan)) return false;
  for (const Draft* draft : std::span(rows.order).subspan(rows.best)) {
    DraftChoice& choice = plan.choices[draft->sequence];
    choice = {draft->offer->drafter, choice.length + 1, kExploring};
  }
  return true;
}

SpeculationPlan PlanNone(const SpeculationInputs& inputs, Reason reason) {
  SpeculationPlan plan;
  plan.choices.resize(inputs.sequences.size(), {.reason = reason});
  return plan;
}

SpeculationPlan Planner::Plan() {
  SpeculationPlan plan = PlanNone(inputs_, kNoDraft);
  std::vector<Draft> drafts = BestOffers();
  if (drafts.empty()) return plan;
  if (!gain_.knows_plain_step()) {
    for (const Draft& d : drafts) plan.choices[d.sequence].reason = kExploring;
    return plan;
  }
  const Rows rows = HandOut(drafts);
  for (const Draft& draft : drafts) {
    plan.choices[draft.sequence].reason = rows.more_wanted ? kNoRows : kNoGain;
  }
  for (int i = 0; i < rows.best; ++i) {
    const Draft& draft = *rows.order[i];
    DraftChoice& choice = plan.choices[draft.sequence];
    choice = {draft.offer->drafter, choice.length + 1, kExpected};
  }
  plan.num_rows = rows.best;
  plan.gain = rows.gain;
  if (memory_.exploration().num_explored() % 2 == 0) {
    TryDraft(rows, plan) || TryRows(rows, plan);
  } else {
    TryRows(rows, plan) || TryDraft(rows, plan);
  }
  return plan;
}

SpeculationPlan PlanFixed(const SpeculationLimits& limits,
                          const SpeculationInputs& inputs) {
  SpeculationPlan plan = PlanNone(inputs, kNoDraft);
  for (size_t i = 0; i < plan.choices.size(); ++i) {
    const auto& offers = inputs.sequences[i].offers;
    if (offers.empty() || MostOf(limits, offers.front()) <= 0) continue;
    const int left = MostRows(inputs) - plan.num_rows;
    const int length = std::min(left, MostOf(limits, offers.front()));
    if (length <= 0) {
      plan.choices[i].reason = kNoRows;
      continue;
    }
    plan.choices[i] = {offers.front().drafter, length, "fixed"};
    plan.num_rows += length;
  }
  return plan;
}

}  // namespace

bool MayGain(const SpeculationLimits& limits, const SpeculationInputs& inputs,
             const SpeculationMemory& memory) {
  if (limits.policy != SpeculationPolicy::kAuto) {
    return limits.policy == SpeculationPolicy::kFixed;
  }
  const BatchGain gain(inputs, memory);
  const int most =
      std::min(MostRows(inputs),
               limits.max_length * static_cast<int>(inputs.sequences.size()));
  for (int rows = 1; rows <= most; ++rows) {
    if (gain.AtBest(rows, {}) >= 1 + limits.margin) return true;
  }
  return false;
}

SpeculationPlan PlanSpeculation(const SpeculationLimits& limits,
                                const SpeculationInputs& inputs,
                                const SpeculationMemory& memory) {
  if (limits.policy == SpeculationPolicy::kAuto) {
    return Planner(limits, inputs, memory).Plan();
  }
  return limits.policy == SpeculationPolicy::kFixed ? PlanFixed(limits, inputs)
                                                    : PlanNone(inputs, "off");
}

}  // namespace mj
