#include "engine/text/byte_unicode.h"

#include <array>

#include "engine/text/utf8.h"

namespace mj {
namespace {

constexpr bool IsPrintable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
         byte >= 0xAE;
}

struct Spelling {
  std::array<char32_t, 256> unicode{};
  std::array<int16_t, 512> byte{};  // -1: no byte is spelled so
};

constexpr Spelling MakeSpelling() {
  Spelling spelling;
  spelling.byte.fill(-1);
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t c = IsPrintable(byte) ? byte : next++;
    spelling.unicode[byte] = c;
    spelling.byte[c] = static_cast<int16_t>(byte);
  }
  return spelling;
}

constexpr Spelling kSpelling = MakeSpelling();

}  // namespace

char32_t ByteToUnicode(uint8_t byte) { return kSpelling.unicode[byte]; }

std::optional<std::string> BytesOfToken(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const Utf8Step step = DecodeUtf8(text);
    if (step.state != Utf8State::kValid ||
        step.code_point >= kSpelling.byte.size() ||
        kSpelling.byte[step.code_point] < 0) {
      return std::nullopt;
    }
    bytes += static_cast<char>(kSpelling.byte[step.code_point]);
    text.remove_prefix(step.length);
  }
  return bytes;
}

}  // namespace mj
