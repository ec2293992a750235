#include "engine/text/normalize.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "engine/text/utf8.h"

namespace mj {
namespace {

struct Range {
  utf8proc_int32_t first, last;
};

// Marks that the reference's tables (Unicode 9) do not know yet: for it they
// are starters, across which nothing is reordered or composed.
constexpr Range kStartersOfReference[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},
    {0x9FE, 0x9FE},     {0xC3C, 0xC3C},     {0xD3B, 0xD3C},
    {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},
    {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0x10D24, 0x10D27},
    {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50},
    {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B},
    {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x1193D, 0x1193E},
    {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34},
    {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42},
    {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42},
    {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136},
    {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}};

bool IsStarterOfReference(utf8proc_int32_t c) {
  return std::any_of(
      std::begin(kStartersOfReference), std::end(kStartersOfReference),
      [c](const Range& range) { return c >= range.first && c <= range.last; });
}

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

int CombiningClass(utf8proc_int32_t c) {
  const int combining_class = utf8proc_get_property(c)->combining_class;
  return combining_class > 0 && IsStarterOfReference(c) ? 0 : combining_class;
}

// The library's own ordering is quadratic in the length of a run of marks.
void OrderMarks(std::span<utf8proc_int32_t> text) {
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

// REQUIRES: `text` is decomposed and ordered; it is overwritten
void AppendComposed(std::span<utf8proc_int32_t> text, std::string& out) {
  const utf8proc_ssize_t size = utf8proc_normalize_utf32(
      text.data(), static_cast<utf8proc_ssize_t>(text.size()),
      static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  for (utf8proc_ssize_t i = 0; i < size; ++i) AppendUtf8(text[i], out);
}

}  // namespace

std::string NormalizeNfc(std::string_view text) {
  if (IsBelowCombining(text)) return std::string(text);
  std::vector<utf8proc_int32_t> buffer = Decompose(text);
  OrderMarks(buffer);
  std::string out;
  out.reserve(text.size());
  for (auto begin = buffer.begin(); begin != buffer.end();) {
    const auto end =
        std::find_if(begin + 1, buffer.end(), IsStarterOfReference);
    AppendComposed({begin, end}, out);
    begin = end;
  }
  return out;
}

}  // namespace mj
