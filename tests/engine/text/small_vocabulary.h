// Hand-made vocabularies, small enough to work out ids by hand.
#ifndef MILLIJOULE_TESTS_ENGINE_TEXT_SMALL_VOCABULARY_H_
#define MILLIJOULE_TESTS_ENGINE_TEXT_SMALL_VOCABULARY_H_

#include <cstdio>
#include <string>
#include <string_view>

#include "engine/text/byte_unicode.h"
#include "engine/text/utf8.h"
#include "engine/text/vocabulary.h"

namespace mj {

inline TokenId AddToken(Vocabulary& v, std::string_view text, TokenKind kind,
                        float score = 0) {
  v.tokens.emplace_back(text);
  v.kinds.push_back(kind);
  if (v.model == "llama") v.scores.push_back(score);
  return static_cast<TokenId>(v.tokens.size() - 1);
}

// Ids 0-255 are the bytes; then one token a merge, in order; then specials.
inline Vocabulary SmallBpe(std::string_view pre = "gpt-2") {
  Vocabulary v;
  v.model = "gpt2";
  v.pre = pre;
  for (int byte = 0; byte < 256; ++byte) {
    std::string text;
    AppendUtf8(ByteToUnicode(static_cast<uint8_t>(byte)), text);
    AddToken(v, text, TokenKind::kNormal);
  }
  for (const char* merge : {"h e", "l l", "he ll", "hell o", "Ġ hello", "a a",
                            "Ã ©", "1 2", "12 3", "Ġ Ġ"}) {
    v.merges.emplace_back(merge);
    std::string text = merge;
    text.erase(text.find(' ', 1), 1);
    AddToken(v, text, TokenKind::kNormal);
  }
  v.bos = AddToken(v, "<|start|>", TokenKind::kControl);
  v.eos = AddToken(v, "<|im_end|>", TokenKind::kControl);
  AddToken(v, "<tool>", TokenKind::kUserDefined);
  AddToken(v, "<tool><tool>", TokenKind::kUserDefined);
  return v;
}

// 0 <unk>, 1 <s>, 2 </s>, 3-258 bytes, then the pieces.
inline Vocabulary SmallSpm() {
  Vocabulary v;
  v.model = "llama";
  AddToken(v, "<unk>", TokenKind::kUnknown);
  AddToken(v, "<s>", TokenKind::kControl);
  AddToken(v, "</s>", TokenKind::kControl);
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof(text), "<0x%02X>", byte);
    AddToken(v, text, TokenKind::kByte);
  }
  float score = 0;
  for (const char* piece : {"▁", "a", "b", "c", "ab", "bc", "▁a", "▁ab", "é"}) {
    AddToken(v, piece, TokenKind::kNormal, --score);
  }
  AddToken(v, "\n\n", TokenKind::kUserDefined);
  AddToken(v, "  ", TokenKind::kUserDefined);
  return v;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_TEXT_SMALL_VOCABULARY_H_
