#include "engine/speculate/draft_value.h"

#include <algorithm>
#include <cassert>

namespace mj {

void AgreementRuns::Add(bool agrees) {
  ++positions_;
  agreeing_ += agrees;
  text_.push_back(agrees);
}

void AgreementRuns::EndText() {
  for (auto from = text_.begin(); text_.end() - from >= kMostDrafts; ++from) {
    const auto run = std::find(from, from + kMostDrafts, false) - from;
    for (int k = 1; k <= kMostDrafts; ++k) {
      accepted_[k - 1] += std::min<int64_t>(run, k);
    }
    ++starts_;
  }
  text_.clear();
}

double AgreementRuns::agreement() const {
  if (positions_ == 0) return 0;
  return static_cast<double>(agreeing_) / static_cast<double>(positions_);
}

double AgreementRuns::Tokens(int k) const {
  assert(k >= 1 && k <= kMostDrafts);
  if (starts_ == 0) return 1;
  return 1 +
         static_cast<double>(accepted_[k - 1]) / static_cast<double>(starts_);
}

DraftValue BestDrafts(const AgreementRuns& runs, double cost) {
  DraftValue best;
  for (int k = 1; k <= kMostDrafts; ++k) {
    const double value = runs.Tokens(k) / (1 + k * cost);
    if (value > best.value) best = {k, value};
  }
  return best;
}

}  // namespace mj
