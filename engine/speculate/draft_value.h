// What drafting is worth: tokens for the cost of a decode step. Pure.
//
//   value(k) = tokens(k) / (1 + k c)
//
// k drafts and one step that checks them give tokens(k) tokens: one of the
// step's own, and the drafts it agrees with up to the first it does not. c is
// what a draft costs of a decode step. The step that checks is counted as one
// that decodes: both read all weights once, and a few rows more are free as
// long as memory is what a step waits for. So the value is what speculation
// can gain at the most, at one stream; 1 is plain decoding.
#ifndef MILLIJOULE_ENGINE_SPECULATE_DRAFT_VALUE_H_
#define MILLIJOULE_ENGINE_SPECULATE_DRAFT_VALUE_H_

#include <array>
#include <cstdint>
#include <vector>

namespace mj {

inline constexpr int kMostDrafts = 4;

// Whether drafts agreed with the model, position after position of a text.
// Counts, for each position, how many agree in a row from there: positions
// that are hard stand side by side, so a mean alone would overrate the second
// draft.
class AgreementRuns final {
 public:
  void Add(bool agrees);
  void EndText();  // what follows is no continuation

  int64_t positions() const { return positions_; }
  double agreement() const;  // the share that agrees; 0 of none
  // tokens(k) = 1 + sum over j = 1 .. k of the share of positions from which
  // j in a row agree, themselves first; 1 of none. The last few positions of a
  // text, which kMostDrafts in a row do not fit behind, are no starts.
  // REQUIRES: 1 <= k <= kMostDrafts
  double Tokens(int k) const;

 private:
  int64_t positions_ = 0, agreeing_ = 0;
  std::vector<bool> text_;  // so far
  int64_t starts_ = 0;
  std::array<int64_t, kMostDrafts> accepted_{};  // of k - 1
};

struct DraftValue {
  int drafts = 0;    // the best k; 0: none pays
  double value = 1;  // tokens a step's cost
};

// The best of k = 1 .. kMostDrafts, or of none.
DraftValue BestDrafts(const AgreementRuns& runs, double cost);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_DRAFT_VALUE_H_
