// UTF-8, read strictly: no overlong forms, no surrogates, nothing above
// U+10FFFF (Unicode 15, section 3.9, table 3-7). Pure functions.
#ifndef MILLIJOULE_ENGINE_TEXT_UTF8_H_
#define MILLIJOULE_ENGINE_TEXT_UTF8_H_

#include <string>
#include <string_view>

namespace mj {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

enum class Utf8State {
  kValid,      // a whole character
  kInvalid,    // bytes that begin no character
  kTruncated,  // the input ends inside what may become a character
};

struct Utf8Step {
  Utf8State state;
  char32_t code_point;  // U+FFFD unless kValid
  // Bytes of the character, or of the maximal subpart of one: what decoders
  // that follow Unicode's recommendation replace by a single U+FFFD.
  int length;
};

// The first character of `bytes`. REQUIRES: !bytes.empty()
Utf8Step DecodeUtf8(std::string_view bytes);

void AppendUtf8(char32_t code_point, std::string& out);

bool IsValidUtf8(std::string_view bytes);

// Every byte that is part of no character becomes one U+FFFD, as
// SentencePiece and llama.cpp read raw bytes.
std::string ReplaceInvalidUtf8(std::string_view bytes);

// Unicode's White_Space property.
bool IsUnicodeSpace(char32_t code_point);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_UTF8_H_
