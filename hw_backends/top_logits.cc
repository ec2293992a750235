#include "hw_backends/top_logits.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mj {
namespace {

// Logits looked at together: a few vector comparisons and one branch. Compiled
// for any x86-64 CPU this takes about 1 % of the time of the product that made
// the logits, so it has no versions by instruction set.
constexpr size_t kBlock = 32;

// Whether one of kBlock is not below the threshold: equal to it, above it or
// not a number. std::isless never traps, so compilers may vectorise it.
bool AnyReaches(const float* logits, float threshold) {
  uint32_t below = ~0u;
  for (size_t i = 0; i < kBlock; ++i) {
    below &= std::isless(logits[i], threshold) ? ~0u : 0u;
  }
  return below == 0;
}

}  // namespace

bool ComesBefore(const TokenLogit& a, const TokenLogit& b) {
  if (a.logit > b.logit) return true;
  if (a.logit < b.logit) return false;
  const bool a_is_number = !std::isnan(a.logit);
  const bool b_is_number = !std::isnan(b.logit);
  if (a_is_number != b_is_number) return b_is_number;
  return a.id < b.id;
}

void TopLogits::Reset(int count) {
  assert(count > 0);
  count_ = count;
  threshold_ = -std::numeric_limits<float>::infinity();
  sorted_.clear();
}

void TopLogits::Add(const TokenLogit& token) {
  if (sorted_.size() == count_) {
    if (!ComesBefore(token, sorted_.back())) return;
    sorted_.pop_back();
  }
  sorted_.insert(
      std::upper_bound(sorted_.begin(), sorted_.end(), token, ComesBefore),
      token);
  if (sorted_.size() == count_) threshold_ = sorted_.back().logit;
}

void TopLogits::AddEach(std::span<const float> logits, int32_t first_id) {
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isless(logits[i], threshold_)) continue;
    Add({logits[i], first_id + static_cast<int32_t>(i)});
  }
}

void TopLogits::Add(std::span<const float> logits, int32_t first_id) {
  size_t i = 0;
  for (; i + kBlock <= logits.size(); i += kBlock) {
    if (!AnyReaches(&logits[i], threshold_)) continue;
    AddEach(logits.subspan(i, kBlock), first_id + static_cast<int32_t>(i));
  }
  AddEach(logits.subspan(i), first_id + static_cast<int32_t>(i));
}

std::vector<TokenLogit> TopOf(std::span<const float> logits, int count) {
  TopLogits top;
  top.Reset(count);
  top.Add(logits, 0);
  return top.sorted();
}

}  // namespace mj
