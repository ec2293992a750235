// Prompt lookup decoding (Saxena 2023): what followed the last tokens where
// they stood before is a guess at what follows them now.
//
// Two exact indices over prompt and reply, of the n-grams of kShort and of
// kLong tokens: the latest position of each n-gram and, for each position, the
// previous one of the same n-gram. A proposal continues the longest match with
// the end of the text, the latest of equals, among the kCandidates latest
// places of its last kLong tokens or, if these are new, of its last kShort.
//
// Of one sequence, whose tokens it is given and never copies. Empty until the
// first proposal; then it takes 24 to 48 bytes a token. A new token costs O(1),
// amortised; a proposal reads at most kCandidates * kLongest tokens.
#ifndef MILLIJOULE_ENGINE_SPECULATE_NGRAM_INDEX_H_
#define MILLIJOULE_ENGINE_SPECULATE_NGRAM_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/text/vocabulary.h"

namespace mj {

class NgramIndex final {
 public:
  static constexpr int kShort = 3;     // tokens; two are mostly chance
  static constexpr int kLong = 8;      // rare enough to single a place out
  static constexpr int kLongest = 32;  // longer matches count as this long
  static constexpr int kCandidates = 32;

  // `secret`: of the process, so that no prompt can be made slow to index.
  explicit NgramIndex(uint64_t secret = 0) : secret_(secret) {}

  // Indexes what is new of `tokens`, then replaces `draft` by at most
  // `max_length` tokens that may follow: all of them, or none where the last
  // kShort tokens are new. A copy that reaches the end of the text goes on with
  // what it has proposed, so a loop is continued. Returns the length of the
  // match, from kShort to kLongest, or 0.
  // REQUIRES: `tokens` begins with the tokens of the call before.
  int Propose(std::span<const TokenId> tokens, int max_length,
              std::vector<TokenId>& draft);

  size_t num_bytes() const;  // of memory held

 private:
  // The n-grams of one length. A position is that of an n-gram's last token.
  struct Grams {
    int length;
    int num_distinct = 0;
    std::vector<int32_t> latest;    // open addressing; kNone: free
    std::vector<int32_t> previous;  // of the same n-gram, by position
  };
  struct Match {
    int end = 0;  // the position of its last token
    int length = 0;
  };
  static constexpr int32_t kNone = -1;

  void Append(std::span<const TokenId> tokens, Grams& grams) const;
  void Grow(std::span<const TokenId> tokens, Grams& grams) const;
  static Match Longest(std::span<const TokenId> tokens, const Grams& grams);

  uint64_t secret_;
  std::array<Grams, 2> grams_ = {Grams{kLong}, Grams{kShort}};
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_NGRAM_INDEX_H_
