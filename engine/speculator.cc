#include "engine/speculator.h"

#include <algorithm>
#include <memory>
#include <span>

#include "engine/speculate/draft_state.h"

namespace mj {
namespace {

constexpr int kMostDraftRows = 64;  // of a step; few more ever pay
constexpr int kShadow = 4;          // tokens of an offer that is only watched

// Greedy replies repeat more, and long prompts hold more to copy.
int ClassOf(const Sequence& s) {
  constexpr int kLongPrompt = 256;
  const bool draws = s.request->request.sampling.temperature > 0;
  return (draws ? 2 : 0) + (s.num_prompt >= kLongPrompt ? 1 : 0);
}

// Tokens that a draft may have: the one after it must fit, too.
int MostDrafted(const Sequence& s) { return s.max_tokens - s.num_tokens() - 1; }

}  // namespace

Speculator::Speculator(Speculation by_default, const SpeculationLimits& limits,
                       const StepCostModel& model)
    : by_default_(by_default), limits_(limits), model_(model) {}

bool Speculator::Gather(const Queues& queues, const StepPlan& plan) {
  decoding_.clear();
  num_rows_ = tokens_ = 0;
  bool some = false;
  for (size_t k = 0; k < plan.rows.size(); ++k) {
    const PlannedRows& rows = plan.rows[k];
    num_rows_ += rows.num_rows;
    if (rows.sequence >= queues.num_running()) continue;
    Sequence* s = queues.running()[rows.sequence];
    if (s->num_tokens() - s->num_computed != 1 || !s->generates()) continue;
    const Speculation asked = s->request->request.speculation;
    const Speculation wanted =
        asked == Speculation::kAuto ? by_default_ : asked;
    const bool may =
        (wanted == Speculation::kAuto || wanted == Speculation::kNgram) &&
        MostDrafted(*s) > 0;
    decoding_.push_back({s, static_cast<int>(k), {}, may});
    some |= may;
  }
  return some;
}

void Speculator::PriceStep(const Queues& queues, const StepPlan& plan,
                           int most_rows) {
  decode_ = model_.layer_pass();
  decode_ += model_.head_pass();
  double context = 0;
  for (const Decoding& d : decoding_) {
    decode_ += model_.Own({1, d.sequence->num_computed, 1});
    context += d.sequence->num_computed;
  }
  prices_.assign(1, decode_);
  for (const PlannedRows& rows : plan.rows) {
    const int computed = queues.NumComputed(rows.sequence);
    const int lacks = queues.At(rows.sequence).num_tokens() - computed;
    if (lacks == 1) continue;
    prices_[0] +=
        model_.Own({rows.num_rows, computed, rows.num_rows == lacks ? 1 : 0});
  }
  const int mean = static_cast<int>(context / decoding_.size());
  const Price row = model_.Own({1, mean, 1});
  for (int r = 1; r <= most_rows; ++r) {
    prices_.push_back(prices_.back());
    prices_.back() += row;
  }
}

void Speculator::AskDrafters() {
  for (Decoding& d : decoding_) {
    if (!d.may) continue;
    Sequence& s = *d.sequence;
    if (s.drafting == nullptr) s.drafting = std::make_unique<DraftState>();
    const int most = std::min(limits_.max_length, MostDrafted(s));
    d.offer.evidence =
        s.drafting->ngram.Propose(s.tokens, most, s.drafting->offer);
    d.offer.length = static_cast<int>(s.drafting->offer.size());
  }
}

SpeculationInputs Speculator::Inputs() const {
  return {drafting_, num_rows_, decode_, prices_};
}

void Speculator::AddDrafts(const PlanInput& input, const Queues& queues,
                           StepPlan& plan) {
  exploration_.reset();
  active_ = Gather(queues, plan);
  if (!active_) return;
  const int most = std::min(RestOf(input, plan).rows, kMostDraftRows);
  PriceStep(queues, plan, std::max(0, most));
  drafting_.assign(decoding_.size(), {});
  if (!MayGain(limits_, Inputs(), memory_)) {
    for (const Decoding& d : decoding_) {
      if (d.may) Count(Drafter::kNone, "no gain at this load");
    }
    return;
  }
  AskDrafters();
  for (size_t i = 0; i < decoding_.size(); ++i) {
    const Decoding& d = decoding_[i];
    if (!d.may) continue;
    drafting_[i] = {{&d.offer, d.offer.length > 0 ? 1u : 0u},
                    ClassOf(*d.sequence),
                    &d.sequence->drafting->acceptance};
  }
  SpeculationPlan choice = PlanSpeculation(limits_, Inputs(), memory_);
  exploration_ = choice.exploration;
  lengths_.assign(plan.rows.size(), 0);
  for (size_t i = 0; i < decoding_.size(); ++i) {
    if (!decoding_[i].may) continue;
    TakeChoice(decoding_[i], choice.choices[i]);
    lengths_[decoding_[i].plan_row] = choice.choices[i].length;
  }
  AddDraftRows(input, lengths_, plan);
}

void Speculator::TakeChoice(const Decoding& d, const DraftChoice& choice) {
  Count(choice.drafter, choice.reason);
  Sequence& s = *d.sequence;
  DraftState& state = *s.drafting;
  const DraftClass of{d.offer.drafter, ClassOf(s), d.offer.evidence};
  const auto first = [&](int length) {
    return std::vector<TokenId>(state.offer.begin(),
                                state.offer.begin() + length);
  };
  if (choice.length > 0) {
    state.of = of;
    s.draft = first(choice.length);
    state.shadow.clear();
  } else if (d.offer.length > 0 && state.shadow.empty()) {
    state.shadow_of = of;
    state.shadow = first(std::min(d.offer.length, kShadow));
    state.shadow_matched = 0;
  }
}

void Speculator::Count(Drafter drafter, std::string_view reason) {
  ++choices_[{reason, drafter}];
}

void Speculator::HoldAgainst(DraftState& state, TokenId token) {
  if (state.shadow.empty()) return;
  const auto size = static_cast<int>(state.shadow.size());
  const bool holds = state.shadow[state.shadow_matched] == token;
  if (holds && ++state.shadow_matched < size) return;
  const int judged = state.shadow_matched + (holds ? 0 : 1);
  memory_.ObserveDraft({state.shadow_of, judged, state.shadow_matched},
                       state.acceptance);
  state.shadow.clear();
}

void Speculator::NoteTaken(Sequence& s, int taken, bool ended) {
  tokens_ += taken;
  if (s.drafting == nullptr) return;
  DraftState& state = *s.drafting;
  if (s.draft.empty()) {
    for (int i = s.num_tokens() - taken; i < s.num_tokens(); ++i) {
      HoldAgainst(state, s.tokens[i]);
    }
    return;
  }
  const auto drafted = static_cast<int>(s.draft.size());
  const int accepted = taken - 1;
  // What stands behind a reply's end was not judged.
  const int judged = accepted + (s.refuted && !ended ? 1 : 0);
  memory_.ObserveDraft({state.of, judged, accepted}, state.acceptance);
  DrafterStats& counts = stats_.drafters[static_cast<size_t>(state.of.drafter)];
  ++counts.drafts;
  counts.drafted += drafted;
  counts.accepted += accepted;
  for (int i = 0; i < accepted; ++i) {
    ++stats_.accepted_at[std::min(i, SpeculationStats::kPositions - 1)];
  }
}

// Joules of single steps are not measured: the meter's windows are longer.
void Speculator::NoteStep(int rows, Seconds time) {
  if (!active_) return;
  const size_t drafted = std::min<size_t>(rows - num_rows_, prices_.size() - 1);
  memory_.ObserveStep(
      rows, {prices_[drafted], time, std::nullopt, model_.busy_power()},
      limits_.most_exploration);
  if (exploration_) memory_.ObserveExploration(*exploration_, tokens_, time);
}

SpeculationStats Speculator::stats() const {
  SpeculationStats stats = stats_;
  for (const auto& [key, count] : choices_) {
    stats.choices.push_back({key.second, key.first, count});
  }
  return stats;
}

}  // namespace mj
