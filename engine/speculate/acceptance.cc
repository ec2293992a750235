#include "engine/speculate/acceptance.h"

#include <algorithm>
#include <cassert>

#include "engine/speculate/fading.h"

namespace mj {
namespace {

constexpr int kEvidenceBuckets = 4;
constexpr double kPriorTrials = 4;     // that a prior counts for
constexpr float kClassTrials = 256;    // remembered, about
constexpr float kSequenceTrials = 32;  // few: a text may turn any time
constexpr double kCommonTrials = 8;    // that being like its class counts for
constexpr double kFading = 8;          // steps a trial
constexpr double kMostCertain = 0.99, kLeastCertain = 0.005;

int EvidenceBucket(int evidence) {
  if (evidence < 5) return 0;
  if (evidence < 8) return 1;
  return evidence < 16 ? 2 : 3;
}

// What is expected of a class without any experience: low enough to be wrong
// cheaply. Longer matches are seldom chance.
double Prior(const DraftClass& of) {
  constexpr std::array<double, kEvidenceBuckets> kOfMatches = {0.2, 0.35, 0.5,
                                                               0.65};
  if (of.drafter != Drafter::kNgram) return 0.5;
  return kOfMatches[EvidenceBucket(of.evidence)];
}

constexpr int kClasses =
    (kNumDrafters - 1) * kRequestClasses * kEvidenceBuckets;

size_t IndexOf(const DraftClass& of) {
  assert(of.drafter != Drafter::kNone);
  assert(of.request_class >= 0 && of.request_class < kRequestClasses);
  const int drafter = static_cast<int>(of.drafter) - 1;
  return static_cast<size_t>(of.group) * kClasses +
         (drafter * kRequestClasses + of.request_class) * kEvidenceBuckets +
         EvidenceBucket(of.evidence);
}

double ShrunkRate(const PositionRate& rate, double prior) {
  return (rate.accepted + kPriorTrials * prior) / (rate.tried + kPriorTrials);
}

// `sum` and `tried` forget about 1 / `memory` of the past.
void Add(float sample, float memory, float& sum, float& tried) {
  const float kept = 1 - 1 / memory;
  sum = sum * kept + sample;
  tried = tried * kept + 1;
}

double MeanOf(const SequenceAcceptance::Surprise& s, int64_t step) {
  if (s.tried == 0) return 0;
  const double faded = FadedCount(s.tried, step - s.last_step, kFading);
  return s.sum * (faded / s.tried) / (faded + kCommonTrials);
}

}  // namespace

DraftOdds::DraftOdds(std::span<const PositionRate> rates, double prior,
                     double surprise)
    : rates_(rates), class_rate_(prior), surprise_(surprise) {
  ReadRate();
}

void DraftOdds::ReadRate() {
  class_rate_ = ShrunkRate(rates_.front(), class_rate_);
  rate_ = std::clamp(class_rate_ + surprise_, kLeastCertain, kMostCertain);
}

void DraftOdds::Take() {
  reached_ *= rate_;
  if (rates_.size() == 1) return;  // the last rate holds from here on
  rates_ = rates_.subspan(1);
  ReadRate();
}

void AcceptanceTable::Observe(const DraftOutcome& draft, int64_t step,
                              SequenceAcceptance& of) {
  assert(draft.accepted >= 0 && draft.accepted <= draft.drafted);
  const size_t index = IndexOf(draft.of);
  if (index >= classes_.size()) {
    classes_.resize(static_cast<size_t>(draft.of.group + 1) * kClasses);
  }
  Rates& rates = classes_[index];
  SequenceAcceptance::Surprise& own =
      of.of_drafter[static_cast<int>(draft.of.drafter) - 1];
  const int judged = std::min(draft.accepted + 1, draft.drafted);
  double expected = Prior(draft.of);
  for (int i = 0; i < judged; ++i) {
    PositionRate& rate = rates[std::min(i, kPositions - 1)];
    if (i < kPositions) expected = ShrunkRate(rate, expected);
    const float outcome = i < draft.accepted ? 1 : 0;
    Add(outcome, kClassTrials, rate.accepted, rate.tried);
    Add(outcome - static_cast<float>(expected), kSequenceTrials, own.sum,
        own.tried);
  }
  own.last_step = static_cast<uint32_t>(step);
}

DraftOdds AcceptanceTable::Odds(const DraftClass& of,
                                const SequenceAcceptance& sequence,
                                int64_t step) const {
  const auto& own = sequence.of_drafter[static_cast<int>(of.drafter) - 1];
  static constexpr Rates kNothing{};
  const size_t index = IndexOf(of);
  return DraftOdds(index < classes_.size() ? classes_[index] : kNothing,
                   Prior(of), MeanOf(own, step));
}

}  // namespace mj
