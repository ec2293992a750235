#include "engine/text/special_tokens.h"

#include <algorithm>
#include <string>

#include "engine/text/utf8.h"

namespace mj {
namespace {

TokenKind KindOf(const Vocabulary& vocabulary, size_t id) {
  return vocabulary.kinds.empty() ? TokenKind::kNormal : vocabulary.kinds[id];
}

// Converters fill gaps of the id range with made-up "[PADn]" tokens that the
// original tokenizer does not know.
bool IsFiller(std::string_view text, size_t id) {
  return text == "[PAD" + std::to_string(id) + "]";
}

// Phi-3's chat markers swallow the white space behind them; model files do
// not carry that flag, so the markers themselves tell the vocabulary.
std::vector<bool> StripsRight(const Vocabulary& vocabulary) {
  const auto has = [&](std::string_view text) {
    return std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(),
                     text) != vocabulary.tokens.end();
  };
  if (vocabulary.model != "llama" || !has("<|placeholder1|>") ||
      !has("<|assistant|>") || !has("<|end|>")) {
    return {};
  }
  std::vector<bool> strips(vocabulary.tokens.size());
  for (size_t id = 0; id < strips.size(); ++id) {
    const std::string& text = vocabulary.tokens[id];
    const TokenKind kind = KindOf(vocabulary, id);
    strips[id] =
        (kind == TokenKind::kControl || kind == TokenKind::kUserDefined) &&
        text != "<unk>" && text != "<s>" && text != "<|endoftext|>";
  }
  return strips;
}

size_t LeadingSpace(std::string_view text) {
  size_t size = 0;
  while (size < text.size()) {
    const Utf8Step step = DecodeUtf8(text.substr(size));
    const bool space = IsUnicodeSpace(step.code_point) ||
                       step.code_point == 0x2581;  // an escaped space
    if (!space) break;
    size += step.length;
  }
  return size;
}

}  // namespace

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary)
    : strips_right_(StripsRight(vocabulary)) {
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const TokenKind kind = KindOf(vocabulary, id);
    const std::string& text = vocabulary.tokens[id];
    const bool user_defined = kind == TokenKind::kUserDefined;
    const bool special =
        kind == TokenKind::kControl || kind == TokenKind::kUnknown;
    if ((!user_defined && !special) || text.empty() || IsFiller(text, id)) {
      continue;
    }
    if (user_defined) user_defined_.Insert(text, static_cast<TokenId>(id));
    all_.Insert(text, static_cast<TokenId>(id));
  }
}

void SpecialTokens::Trie::Insert(std::string_view text, TokenId id) {
  begins[static_cast<uint8_t>(text[0])] = true;
  uint64_t node = 0;
  for (const char c : text) {
    const auto [edge, added] = edges.try_emplace(
        node << 8 | static_cast<uint8_t>(c), static_cast<uint32_t>(ids.size()));
    if (added) ids.push_back(-1);
    node = edge->second;
  }
  ids[node] = id;
}

size_t SpecialTokens::Trie::LongestPrefix(std::string_view text,
                                          TokenId& id) const {
  size_t longest = 0;
  uint64_t node = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto edge = edges.find(node << 8 | static_cast<uint8_t>(text[i]));
    if (edge == edges.end()) break;
    node = edge->second;
    if (ids[node] >= 0) {
      id = ids[node];
      longest = i + 1;
    }
  }
  return longest;
}

std::vector<TextPiece> SpecialTokens::Split(std::string_view text,
                                            bool parse_special) const {
  const Trie& trie = parse_special ? all_ : user_defined_;
  std::vector<TextPiece> pieces;
  size_t plain = 0;  // where the text that is not yet in a piece begins
  for (size_t i = 0; i < text.size();) {
    TokenId id = -1;
    const size_t length = trie.begins[static_cast<uint8_t>(text[i])]
                              ? trie.LongestPrefix(text.substr(i), id)
                              : 0;
    if (length == 0) {
      ++i;
      continue;
    }
    if (i > plain) pieces.push_back({text.substr(plain, i - plain)});
    pieces.push_back({text.substr(i, length), id});
    i += length;
    if (!strips_right_.empty() && strips_right_[id]) {
      i += LeadingSpace(text.substr(i));
    }
    plain = i;
  }
  if (plain < text.size()) pieces.push_back({text.substr(plain)});
  return pieces;
}

}  // namespace mj
