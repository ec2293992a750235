// Character ranges, in the syntax of a PCRE2 class, with which PCRE2 reads
// text as the reference tokenizers' engines do. Taken from Hugging Face
// tokenizers 0.23 by asking it about every code point.
#ifndef MILLIJOULE_ENGINE_TEXT_UNICODE_CLASSES_H_
#define MILLIJOULE_ENGINE_TEXT_UNICODE_CLASSES_H_

#include <string_view>

namespace mj {

// What to add to \p{property}: L, M, N, P, S, Lu, Ll, Lm, Lo; else "".
std::string_view AdditionsTo(std::string_view property);

// What the reference's `Punctuation` pre-tokenizer takes: ASCII punctuation
// and the categories P* of an older Unicode than its regular expressions'.
std::string_view RustPunctuation();

// Unicode's White_Space property; PCRE2's own \s also holds U+180E.
inline constexpr std::string_view kSpaceRanges =
    R"(\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029})"
    R"(\x{202F}\x{205F}\x{3000})";

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_UNICODE_CLASSES_H_
