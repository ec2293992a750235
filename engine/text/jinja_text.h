// Python's view of text: code points, its whitespace, its case rules.
// A byte that is not valid UTF-8 counts as one character and stays as it is.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_TEXT_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mj::jinja {

// Text and numbers, joined. (absl::StrCat refuses std::string_view where
// Abseil was built for an older C++.)
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  const auto append = [&out](const auto& part) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>) {
      out += std::to_string(part);
    } else {
      out += part;
    }
  };
  (append(parts), ...);
  return out;
}

struct CodePoint {
  int32_t value;  // -1: a byte that is not UTF-8
  size_t size;    // bytes
};
// REQUIRES: pos < text.size()
CodePoint DecodeAt(std::string_view text, size_t pos);
void AppendUtf8(std::string& out, int32_t code_point);
int64_t CountCodePoints(std::string_view text);
// One view a character.
std::vector<std::string_view> SplitCodePoints(std::string_view text);

bool IsSpace(int32_t c);  // str.isspace
bool IsAlpha(int32_t c);
bool IsDigit(int32_t c);      // decimal digits and superscripts
bool IsNumeric(int32_t c);    // any number
bool IsWord(int32_t c);       // \w of Python's re
bool IsLineEnd(int32_t c);    // str.splitlines
bool IsPrintable(int32_t c);  // repr() shows it as it is
bool IsUpper(int32_t c);
bool IsLower(int32_t c);
bool IsCased(int32_t c);

std::string Upper(std::string_view text);
std::string Lower(std::string_view text);
std::string Capitalize(std::string_view text);
std::string Title(std::string_view text);  // str.title
std::string SwapCase(std::string_view text);

// Whitespace where `chars` is null, else any of its characters.
std::string_view StripLeft(std::string_view text,
                           const std::string_view* chars = nullptr);
std::string_view StripRight(std::string_view text,
                            const std::string_view* chars = nullptr);
std::string_view Strip(std::string_view text,
                       const std::string_view* chars = nullptr);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_TEXT_H_
