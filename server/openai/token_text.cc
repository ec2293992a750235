#include "server/openai/token_text.h"

#include <utf8proc.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mj {

bool IsUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t codepoint = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes, left, &codepoint);
    if (used <= 0) return false;
    bytes += used;
    left -= used;
  }
  return true;
}

int CountCharacters(std::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

double JsonLogprob(float logprob) {
  constexpr float kLeast = -9999;
  return std::max(logprob, kLeast);
}

std::string TokenText::Bytes(TokenId id) const {
  return tokenizer_.TokenBytes(id, /*print_special=*/true);
}

std::string TokenText::Name(TokenId id) const {
  if (as_ids_) return absl::StrCat("token_id:", id);
  std::string text = Bytes(id);
  if (IsUtf8(text)) return text;
  std::string escaped = "bytes:";
  for (unsigned char byte : text) {
    absl::StrAppend(&escaped, "\\x", absl::Hex(byte, absl::kZeroPad2));
  }
  return escaped;
}

}  // namespace mj
