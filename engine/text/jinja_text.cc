#include "engine/text/jinja_text.h"

#include <utf8proc.h>

namespace mj::jinja {
namespace {

utf8proc_category_t Category(int32_t c) {
  return c < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(c);
}

template <typename Fn>
std::string MapCodePoints(std::string_view text, Fn fn) {
  std::string out;
  out.reserve(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = DecodeAt(text, pos);
    if (c.value < 0) {
      out.push_back(text[pos]);
    } else {
      fn(c.value, out);
    }
    pos += c.size;
  }
  return out;
}

void AppendUpper(int32_t c, std::string& out) {
  if (c == 0xDF) {  // sharp s: the one common letter that grows
    out += "SS";
  } else {
    AppendUtf8(out, utf8proc_toupper(c));
  }
}

void AppendTitle(int32_t c, std::string& out) {
  if (c == 0xDF) {
    out += "Ss";
  } else {
    AppendUtf8(out, utf8proc_totitle(c));
  }
}

bool Contains(std::string_view chars, std::string_view one) {
  for (size_t pos = 0; pos < chars.size();) {
    const size_t size = DecodeAt(chars, pos).size;
    if (chars.substr(pos, size) == one) return true;
    pos += size;
  }
  return false;
}

bool Strips(std::string_view one, const std::string_view* chars) {
  return chars ? Contains(*chars, one) : IsSpace(DecodeAt(one, 0).value);
}

size_t LastCodePoint(std::string_view text) {
  size_t pos = text.size() - 1;
  for (int i = 0; i < 3 && pos > 0 && (text[pos] & 0xC0) == 0x80; ++i) --pos;
  return pos + DecodeAt(text, pos).size == text.size() ? pos : text.size() - 1;
}

}  // namespace

CodePoint DecodeAt(std::string_view text, size_t pos) {
  const auto first = static_cast<unsigned char>(text[pos]);
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t value = -1;
  const utf8proc_ssize_t size = utf8proc_iterate(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + pos,
      static_cast<utf8proc_ssize_t>(text.size() - pos), &value);
  if (size <= 0 || value < 0) return {-1, 1};
  return {value, static_cast<size_t>(size)};
}

void AppendUtf8(std::string& out, int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size = utf8proc_encode_char(code_point, bytes);
  out.append(reinterpret_cast<const char*>(bytes), size);
}

int64_t CountCodePoints(std::string_view text) {
  int64_t count = 0;
  for (size_t pos = 0; pos < text.size(); ++count) {
    pos += DecodeAt(text, pos).size;
  }
  return count;
}

std::vector<std::string_view> SplitCodePoints(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t pos = 0; pos < text.size();) {
    const size_t size = DecodeAt(text, pos).size;
    out.push_back(text.substr(pos, size));
    pos += size;
  }
  return out;
}

bool IsSpace(int32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x20) || c == 0x85 ||
         c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsAlpha(int32_t c) {
  const auto category = Category(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool IsDigit(int32_t c) {
  return Category(c) == UTF8PROC_CATEGORY_ND || c == 0xB2 || c == 0xB3 ||
         c == 0xB9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079) ||
         (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468);
}

bool IsNumeric(int32_t c) {
  const auto category = Category(c);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool IsWord(int32_t c) { return c == '_' || IsAlpha(c) || IsNumeric(c); }

bool IsLineEnd(int32_t c) {
  return (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 ||
         c == 0x2028 || c == 0x2029;
}

bool IsPrintable(int32_t c) {
  if (c == ' ') return true;
  const auto category = Category(c);
  return category != UTF8PROC_CATEGORY_CN &&
         category < UTF8PROC_CATEGORY_ZS;  // then ZL, ZP, CC, CF, CS, CO
}

bool IsUpper(int32_t c) { return c >= 0 && utf8proc_isupper(c); }
bool IsLower(int32_t c) { return c >= 0 && utf8proc_islower(c); }
bool IsCased(int32_t c) {
  return IsUpper(c) || IsLower(c) || Category(c) == UTF8PROC_CATEGORY_LT;
}

std::string Upper(std::string_view text) {
  return MapCodePoints(text, AppendUpper);
}

std::string Lower(std::string_view text) {
  return MapCodePoints(text, [](int32_t c, std::string& out) {
    AppendUtf8(out, utf8proc_tolower(c));
  });
}

std::string Capitalize(std::string_view text) {
  bool first = true;
  return MapCodePoints(text, [&first](int32_t c, std::string& out) {
    if (first) {
      AppendTitle(c, out);
    } else {
      AppendUtf8(out, utf8proc_tolower(c));
    }
    first = false;
  });
}

std::string Title(std::string_view text) {
  bool in_word = false;
  return MapCodePoints(text, [&in_word](int32_t c, std::string& out) {
    if (in_word) {
      AppendUtf8(out, utf8proc_tolower(c));
    } else {
      AppendTitle(c, out);
    }
    in_word = IsCased(c);
  });
}

std::string SwapCase(std::string_view text) {
  return MapCodePoints(text, [](int32_t c, std::string& out) {
    if (IsLower(c)) {
      AppendUpper(c, out);
    } else {
      AppendUtf8(out, utf8proc_tolower(c));
    }
  });
}

std::string_view StripLeft(std::string_view text,
                           const std::string_view* chars) {
  while (!text.empty()) {
    const size_t size = DecodeAt(text, 0).size;
    if (!Strips(text.substr(0, size), chars)) break;
    text.remove_prefix(size);
  }
  return text;
}

std::string_view StripRight(std::string_view text,
                            const std::string_view* chars) {
  while (!text.empty()) {
    const size_t pos = LastCodePoint(text);
    if (!Strips(text.substr(pos), chars)) break;
    text = text.substr(0, pos);
  }
  return text;
}

std::string_view Strip(std::string_view text, const std::string_view* chars) {
  return StripRight(StripLeft(text, chars), chars);
}

}  // namespace mj::jinja
