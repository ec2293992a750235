// Cuts text at the tokens that are matched before any tokenizing: added
// (user-defined) tokens always, control and unknown tokens when asked.
// Leftmost first, the longest of those that begin at one place, as the
// reference tokenizers do it.
#ifndef MILLIJOULE_ENGINE_TEXT_SPECIAL_TOKENS_H_
#define MILLIJOULE_ENGINE_TEXT_SPECIAL_TOKENS_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/text/vocabulary.h"

namespace mj {

// A piece of the input: plain text, or a token where id >= 0.
struct TextPiece {
  std::string_view text;
  TokenId id = -1;
};

class SpecialTokens final {
 public:
  explicit SpecialTokens(const Vocabulary& vocabulary);

  // Pieces view into `text`; plain ones are never empty or neighbours.
  // White space beside a token that strips it belongs to no piece.
  std::vector<TextPiece> Split(std::string_view text, bool parse_special) const;

 private:
  // A byte trie: node 0 is the root, edges are keyed by (node << 8 | byte).
  struct Trie {
    absl::flat_hash_map<uint64_t, uint32_t> edges;
    std::vector<TokenId> ids{-1};  // of the token that ends at a node, or -1
    std::array<bool, 256> begins{};

    void Insert(std::string_view text, TokenId id);
    // The longest token that `text` begins with; its length or 0.
    size_t LongestPrefix(std::string_view text, TokenId& id) const;
  };

  Trie user_defined_;
  Trie all_;
  std::vector<bool> strips_right_;  // by token id; empty: none does
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_SPECIAL_TOKENS_H_
