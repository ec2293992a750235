// The largest of a row of logits, in the one order in which tokens stand.
#ifndef MILLIJOULE_HW_BACKENDS_TOP_LOGITS_H_
#define MILLIJOULE_HW_BACKENDS_TOP_LOGITS_H_

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mj {

struct TokenLogit {
  float logit = 0;
  int32_t id = 0;
};

// By (logit descending, id ascending). What is not a number stands before all
// numbers, so whoever looks at a row's first token sees it.
bool ComesBefore(const TokenLogit& a, const TokenLogit& b);

// The `count` first tokens of those added so far. The order is total: in
// which parts and in which sequence they come makes no difference.
class TopLogits final {
 public:
  // Forgets all tokens. REQUIRES: count > 0
  void Reset(int count);
  // Tokens first_id, first_id + 1, ... Mostly one comparison each, of many at
  // a time: only few reach the list.
  void Add(std::span<const float> logits, int32_t first_id);
  void Add(const TokenLogit& token);
  // In order; `count` of them once so many have been added.
  const std::vector<TokenLogit>& sorted() const { return sorted_; }

 private:
  void AddEach(std::span<const float> logits, int32_t first_id);

  size_t count_ = 1;
  // Smaller logits cannot enter the list; it may be not a number.
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<TokenLogit> sorted_;
};

// The `count` first tokens of a whole row, or all of a shorter one.
// REQUIRES: count > 0
std::vector<TokenLogit> TopOf(std::span<const float> logits, int count);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_TOP_LOGITS_H_
