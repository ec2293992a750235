// GPT-2's reversible spelling of bytes as printable characters: vocabularies
// of byte-level BPE are written in it (0x20 is "Ġ", 0x0A is "Ċ").
#ifndef MILLIJOULE_ENGINE_TEXT_BYTE_UNICODE_H_
#define MILLIJOULE_ENGINE_TEXT_BYTE_UNICODE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mj {

// The character that stands for `byte`: itself where it is printable in
// Latin-1, else U+0100 onwards in the order of the bytes.
char32_t ByteToUnicode(uint8_t byte);

// The bytes that a token's text stands for; nullopt if any of its characters
// stands for none (an added token in plain text) or it is not UTF-8.
std::optional<std::string> BytesOfToken(std::string_view text);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_BYTE_UNICODE_H_
