#include "engine/text/normalize.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/text/utf8.h"

namespace mj {
namespace {

// Below U+0300 nothing decomposes that composition does not restore, and
// nothing combines with what stands before it.
bool IsBelowCombining(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0xCC; });
}

std::vector<utf8proc_int32_t> Decompose(std::string_view text) {
  std::vector<utf8proc_int32_t> out;
  out.reserve(text.size());
  utf8proc_int32_t buffer[32];  // the longest canonical decomposition has 4
  int boundary = 0;
  while (!text.empty()) {
    const Utf8Step step = DecodeUtf8(text);
    const utf8proc_ssize_t size =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(step.code_point),
                                buffer, 32, UTF8PROC_DECOMPOSE, &boundary);
    out.insert(out.end(), buffer, buffer + size);
    text.remove_prefix(step.length);
  }
  return out;
}

auto CombiningClass(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->combining_class;
}

// The library's own ordering is quadratic in the length of a run of marks.
void OrderMarks(std::vector<utf8proc_int32_t>& text) {
  const auto is_mark = [](utf8proc_int32_t c) { return CombiningClass(c) > 0; };
  for (auto begin = text.begin(); begin != text.end();) {
    begin = std::find_if(begin, text.end(), is_mark);
    const auto end = std::find_if_not(begin, text.end(), is_mark);
    std::stable_sort(begin, end, [](auto a, auto b) {
      return CombiningClass(a) < CombiningClass(b);
    });
    begin = end;
  }
}

}  // namespace

std::string NormalizeNfc(std::string_view text) {
  if (IsBelowCombining(text)) return std::string(text);
  std::vector<utf8proc_int32_t> buffer = Decompose(text);
  OrderMarks(buffer);
  const utf8proc_ssize_t size = utf8proc_normalize_utf32(
      buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()),
      static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  std::string out;
  out.reserve(text.size());
  for (utf8proc_ssize_t i = 0; i < size; ++i) AppendUtf8(buffer[i], out);
  return out;
}

}  // namespace mj
