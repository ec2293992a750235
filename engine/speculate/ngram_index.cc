#include "engine/speculate/ngram_index.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace mj {
namespace {

using Tokens = std::span<const TokenId>;

// Of the n-gram that ends at `end`, as a slot of a table of 2^k slots. Two
// tokens a round, after the last one and the secret: whoever does not know it
// cannot choose tokens that collide.
size_t SlotOf(Tokens tokens, int length, int end, uint64_t secret,
              size_t num_slots) {
  constexpr uint64_t kMix = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
  const Tokens gram = tokens.subspan(end + 1 - length, length);
  uint64_t hash = (static_cast<uint32_t>(gram.back()) + secret) * kMix;
  hash ^= hash >> 32;
  for (int i = 0; i + 1 < length; i += 2) {
    const uint64_t first = static_cast<uint32_t>(gram[i]);
    const uint64_t second = static_cast<uint32_t>(gram[i + 1]);
    hash = (std::rotl(hash, 23) ^ (first << 32 | second)) * kMix;
  }
  return (hash ^ hash >> 32) * kMix >> (64 - std::countr_zero(num_slots));
}

// How many of the tokens up to `a` and up to `b` agree, from the last one
// back; `most` at the most. REQUIRES: a < b
int CommonSuffix(Tokens tokens, int a, int b, int most) {
  most = std::min(most, a + 1);
  int length = 0;
  while (length < most && tokens[a - length] == tokens[b - length]) ++length;
  return length;
}

}  // namespace

// The slot of each n-gram is known to be new: nothing is compared.
void NgramIndex::Grow(Tokens tokens, Grams& grams) const {
  const size_t num_slots =
      std::max(2 * grams.latest.size(), std::bit_ceil(2 * tokens.size()));
  const std::vector<int32_t> old =
      std::exchange(grams.latest, std::vector<int32_t>(num_slots, kNone));
  for (const int32_t end : old) {
    if (end == kNone) continue;
    size_t slot = SlotOf(tokens, grams.length, end, secret_, num_slots);
    while (grams.latest[slot] != kNone) slot = (slot + 1) & (num_slots - 1);
    grams.latest[slot] = end;
  }
}

// The n-gram that ends at the first position not yet indexed.
void NgramIndex::Append(Tokens tokens, Grams& grams) const {
  const int end = static_cast<int>(grams.previous.size());
  grams.previous.push_back(kNone);
  if (end + 1 < grams.length) return;
  // Half full at the most: a search ends after two or three slots.
  if (std::cmp_greater_equal(2 * grams.num_distinct, grams.latest.size())) {
    Grow(tokens, grams);
  }
  const size_t mask = grams.latest.size() - 1;
  size_t slot = SlotOf(tokens, grams.length, end, secret_, grams.latest.size());
  while (grams.latest[slot] != kNone &&
         CommonSuffix(tokens, grams.latest[slot], end, grams.length) <
             grams.length) {
    slot = (slot + 1) & mask;
  }
  if (grams.latest[slot] == kNone) ++grams.num_distinct;
  grams.previous[end] = std::exchange(grams.latest[slot], end);
}

NgramIndex::Match NgramIndex::Longest(Tokens tokens, const Grams& grams) {
  const int last = static_cast<int>(tokens.size()) - 1;
  Match best;
  int end = grams.previous[last];
  for (int i = 0; i < kCandidates && end != kNone; ++i) {
    const int length = CommonSuffix(tokens, end, last, kLongest);
    if (length > best.length) best = {end, length};
    if (length == kLongest) break;
    end = grams.previous[end];
  }
  return best;
}

int NgramIndex::Propose(Tokens tokens, int max_length,
                        std::vector<TokenId>& draft) {
  draft.clear();
  if (tokens.empty()) return 0;
  Match match;
  for (Grams& grams : grams_) {
    if (grams.previous.empty()) grams.previous.reserve(tokens.size());
    while (grams.previous.size() < tokens.size()) Append(tokens, grams);
    if (match.length == 0) match = Longest(tokens, grams);
  }
  if (match.length == 0) return 0;
  const size_t first = match.end + 1;
  for (size_t i = 0; std::cmp_less(i, max_length); ++i) {
    const bool copied = first + i < tokens.size();
    draft.push_back(copied ? tokens[first + i]
                           : draft[first + i - tokens.size()]);
  }
  return match.length;
}

size_t NgramIndex::num_bytes() const {
  size_t slots = 0;
  for (const Grams& grams : grams_) {
    slots += grams.latest.capacity() + grams.previous.capacity();
  }
  return slots * sizeof(int32_t);
}

}  // namespace mj
