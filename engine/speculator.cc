#include "engine/speculator.h"

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <utility>

#include "engine/speculate/draft_state.h"
#include "engine/step_batch.h"

namespace mj {
namespace {

constexpr int kMostDraftRows = 64;  // of a step; few more ever pay
constexpr int kShadow = 4;          // tokens of an offer that is only watched

// Greedy replies repeat more, and long prompts hold more to copy. As in
// kRequestClassNames.
int ClassOf(const Sequence& s) {
  constexpr int kLongPrompt = 256;
  const bool draws = s.request->request.sampling.temperature > 0;
  return (draws ? 2 : 0) + (s.num_prompt >= kLongPrompt ? 1 : 0);
}

// Half of the positions, and half of every k-th one, whatever k (Fibonacci
// hashing, Knuth 1973): of a small model's step on two cores, learning takes
// some 2 %. Which half, others' requests have no say in.
bool IsLearnedFrom(int position) {
  return static_cast<uint32_t>(position) * 0x9E3779B9u >> 31 == 0;
}

std::vector<Drafter> DraftersOf(
    std::span<const std::unique_ptr<DraftSource>> sources) {
  std::vector<Drafter> drafters;
  for (const auto& source : sources) drafters.push_back(source->drafter());
  return drafters;
}

}  // namespace

Speculator::Speculator(Speculation by_default, const SpeculationLimits& limits,
                       std::vector<std::unique_ptr<DraftSource>> sources,
                       const StepCostModel& model)
    : permission_(by_default, DraftersOf(sources)),
      limits_(limits),
      sources_(std::move(sources)),
      model_(model),
      secret_(uint64_t{std::random_device()()} << 32 | std::random_device()()) {
}

void Speculator::NoteProbes(std::span<const ProbedStep> steps) {
  for (const ProbedStep& step : steps) {
    memory_.ObserveProbe(step.shape.sequences.front().num_tokens,
                         {model_.Step(step.shape), step.taken, std::nullopt,
                          model_.busy_power()});
  }
}

DraftState& Speculator::StateOf(Sequence& s) {
  if (s.drafting == nullptr) {
    const auto [group, is_new] = groups_.emplace(
        s.request->request.tenant, static_cast<int>(groups_.size()));
    s.drafting = std::make_unique<DraftState>();
    s.drafting->ngram = NgramIndex(secret_);
    s.drafting->group = group->second;
  }
  return *s.drafting;
}

bool Speculator::Gather(const Queues& queues, const StepPlan& plan) {
  decoding_.clear();
  num_rows_ = tokens_ = 0;
  // Where nobody may, asking is all that it costs.
  const bool some = std::ranges::any_of(plan.rows, [&](const PlannedRows& r) {
    return Decodes(r, queues) &&
           permission_.Of(*queues.running()[r.sequence]) != Speculation::kOff;
  });
  if (!some) return false;
  for (size_t k = 0; k < plan.rows.size(); ++k) {
    const PlannedRows& rows = plan.rows[k];
    num_rows_ += rows.num_rows;
    if (!Decodes(rows, queues)) continue;
    Sequence* s = queues.running()[rows.sequence];
    decoding_.push_back({s, static_cast<int>(k), permission_.Of(*s)});
  }
  return true;
}

void Speculator::AskDrafters(Decoding& d) {
  Sequence& s = *d.sequence;
  DraftState& state = StateOf(s);
  const int most = std::min(limits_.max_length, MostDrafted(s));
  if (permission_.Allows(d.allowed, Drafter::kNgram)) {
    const int evidence = state.ngram.Propose(s.tokens, most, state.offer);
    if (evidence > 0) {
      d.offers[d.num_offers++] = {
          Drafter::kNgram, static_cast<int>(state.offer.size()), evidence, {}};
    }
  }
  for (const auto& source : sources_) {
    if (!permission_.Allows(d.allowed, source->drafter())) continue;
    if (source->drafter() == Drafter::kExitHead &&
        TakesExitsWord(s.request->request)) {
      continue;
    }
    const int room = std::min(most, source->MostTokens(s));
    if (room <= 0) continue;
    d.offers[d.num_offers++] = {
        source->drafter(), room, 0,
        source->PerToken(static_cast<int>(decoding_.size()),
                         prices_.mean_context)};
  }
}

SpeculationInputs Speculator::Inputs() const {
  return {drafting_, num_rows_, prices_.decode, prices_.step};
}

bool Speculator::AddDrafts(const PlanInput& input, const Queues& queues,
                           StepPlan& plan) {
  exploration_.reset();
  account_.SkipStep();
  active_ = Gather(queues, plan);
  if (!active_) return false;
  const int most = std::min(RestOf(input, plan).rows, kMostDraftRows);
  PriceDrafts(model_, queues, plan, std::max(0, most), prices_);
  drafting_.assign(decoding_.size(), {});
  if (!MayGain(limits_, Inputs(), memory_)) {
    for (const Decoding& d : decoding_) {
      if (d.allowed == Speculation::kOff) continue;
      Count(Drafter::kNone, "no gain at this load");
    }
    return false;
  }
  for (size_t i = 0; i < decoding_.size(); ++i) {
    Decoding& d = decoding_[i];
    if (d.allowed == Speculation::kOff) continue;
    AskDrafters(d);
    drafting_[i] = {std::span(d.offers).first(d.num_offers),
                    ClassOf(*d.sequence), &d.sequence->drafting->acceptance,
                    d.sequence->drafting->group};
  }
  const SpeculationPlan choice = PlanSpeculation(limits_, Inputs(), memory_);
  exploration_ = choice.exploration;
  lengths_.assign(plan.rows.size(), 0);
  for (size_t i = 0; i < decoding_.size(); ++i) {
    if (decoding_[i].allowed == Speculation::kOff) continue;
    TakeChoice(decoding_[i], choice.choices[i]);
    lengths_[decoding_[i].plan_row] = choice.choices[i].length;
  }
  AddDraftRows(input, lengths_, plan);
  return choice.num_rows > 0;
}

void Speculator::TakeChoice(Decoding& d, const DraftChoice& choice) {
  Count(choice.drafter, choice.reason);
  d.choice = choice;
  Sequence& s = *d.sequence;
  DraftState& state = *s.drafting;
  const bool has_ngram =
      d.num_offers > 0 && d.offers[0].drafter == Drafter::kNgram;
  const DraftClass by_ngram{Drafter::kNgram, ClassOf(s), d.offers[0].evidence,
                            state.group};
  const auto first = [&](int length) {
    return std::vector<TokenId>(state.offer.begin(),
                                state.offer.begin() + length);
  };
  if (choice.drafter == Drafter::kNgram) {
    state.of = by_ngram;
    s.draft = first(choice.length);
  } else if (choice.length > 0) {
    state.of = {choice.drafter, ClassOf(s), 0, state.group};
  }
  if (choice.length > 0) {
    state.shadow.clear();
  } else if (has_ngram && state.shadow.empty()) {
    state.shadow_of = by_ngram;
    state.shadow = first(std::min(d.offers[0].length, kShadow));
    state.shadow_matched = 0;
  }
}

Seconds Speculator::ComputeDrafts(const Clock& clock, const DraftPassSink& sink,
                                  StepPlan& plan) {
  Seconds all(0);
  if (!active_) return all;
  for (const auto& source : sources_) {
    int tokens = 0;
    std::vector<DraftJob> jobs;
    for (const Decoding& d : decoding_) {
      if (d.choice.drafter != source->drafter()) continue;
      const int length = plan.rows[d.plan_row].num_rows - 1;
      if (length > 0) jobs.push_back({d.sequence, length});
      tokens += length;
    }
    if (jobs.empty()) continue;
    Price predicted;  // of the passes that it runs, whatever for
    const Seconds start = clock.Now();
    source->Draft(
        jobs, [&](std::span<Sequence* const> sequences, const StepShape& shape,
                  const StepCostModel& price) {
          predicted += price.Step(shape);
          sink(sequences, shape, price);
        });
    const Seconds taken = clock.Now() - start;
    all += taken;
    for (const DraftJob& job : jobs) {
      account_.NoteDrafting(source->drafter(), ClassOf(*job.sequence),
                            taken * job.length / tokens);
    }
    if (predicted.time == Seconds(0)) continue;
    memory_.ObserveDrafting(source->drafter(), {predicted, taken, std::nullopt,
                                                model_.busy_power()});
  }
  for (const Decoding& d : decoding_) {
    PlannedRows& rows = plan.rows[d.plan_row];
    rows.num_rows =
        std::min(rows.num_rows, 1 + static_cast<int>(d.sequence->draft.size()));
  }
  return all;
}

void Speculator::Forget(const Sequence& s) {
  for (const auto& source : sources_) source->Forget(s);
}

void Speculator::LimitThreads(int threads) {
  for (const auto& source : sources_) source->LimitThreads(threads);
}

const Speculator::Decoding* Speculator::NextToWatch(Drafter drafter) {
  const auto may = [&](const Decoding& d) {
    return permission_.Allows(d.allowed, drafter);
  };
  const auto count = std::ranges::count_if(decoding_, may);
  if (count == 0) return nullptr;
  auto left = turn_++ % static_cast<size_t>(count);
  return &*std::ranges::find_if(
      decoding_, [&](const Decoding& d) { return may(d) && left-- == 0; });
}

HiddenTap* Speculator::Watch(const StepBatch& batch) {
  learner_ = nullptr;
  if (!active_) return nullptr;
  for (const auto& source : sources_) {
    if (!source->learning()) continue;
    const Decoding* const d = NextToWatch(source->drafter());
    if (d == nullptr || !IsLearnedFrom(d->sequence->num_tokens())) continue;
    learner_ = source.get();
    return source->Watch(*d->sequence,
                         batch.forward.sequences[d->plan_row].first_row);
  }
  return nullptr;
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
  account_.NoteDraft(state.of.drafter, ClassOf(s), drafted, accepted,
                     s.draft_energy);
  for (int i = 0; i < accepted; ++i) {
    ++stats_.accepted_at[std::min(i, SpeculationStats::kPositions - 1)];
  }
}

// Joules of single steps are not measured: the meter's windows are longer.
void Speculator::NoteStep(const Clock& clock, int rows, Seconds time,
                          Seconds drafting) {
  if (!active_) return;
  if (learner_ != nullptr) {
    const Seconds start = clock.Now();
    learner_->Learn();
    learning_ += clock.Now() - start;
  }
  const size_t drafted =
      std::min<size_t>(rows - num_rows_, prices_.step.size() - 1);
  account_.NoteStep(prices_.step[drafted], prices_.step[0], time);
  memory_.ObserveStep(
      rows, {prices_.step[drafted], time, std::nullopt, model_.busy_power()},
      limits_.most_exploration);
  if (!exploration_) return;
  memory_.ObserveExploration(*exploration_, tokens_, time + drafting);
}

SpeculationStats Speculator::stats() const {
  SpeculationStats stats = stats_;
  stats.spendings = account_.all();
  for (const auto& [key, count] : choices_) {
    stats.choices.push_back({key.second, key.first, count});
  }
  for (const auto& source : sources_) {
    if (auto learning = source->learning()) stats.learning = learning;
  }
  if (stats.learning) stats.learning->time = learning_;
  return stats;
}

}  // namespace mj
