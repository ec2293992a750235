#include "engine/text/jinja_literals.h"

#include <charconv>
#include <limits>

#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

// Reads up to `count` digits of `base` at `pos`, which moves on.
int32_t ReadDigits(std::string_view text, size_t& pos, int count, int base,
                   int* read) {
  int32_t value = 0;
  *read = 0;
  while (*read < count && pos < text.size() && DigitValue(text[pos]) < base) {
    value = value * base + DigitValue(text[pos++]);
    ++*read;
  }
  return value;
}

char SimpleEscape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    case '\\':
    case '\'':
    case '"':
      return c;
    default:
      return '\0';
  }
}

bool IsDecimal(char c) { return c >= '0' && c <= '9'; }

// The bytes of digits with single underscores between them.
size_t DigitRun(std::string_view text, int base) {
  size_t size = 0;
  while (size < text.size()) {
    if (DigitValue(text[size]) < base) {
      ++size;
    } else if (text[size] == '_' && size + 1 < text.size() &&
               DigitValue(text[size + 1]) < base) {
      size += 2;
    } else {
      break;
    }
  }
  return size;
}

std::string WithoutUnderscores(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c != '_') out += c;
  }
  return out;
}

// The bytes of a fraction and exponent after `whole` digits; 0: an integer.
size_t FloatSize(std::string_view text, size_t whole) {
  size_t size = whole;
  if (size + 1 < text.size() && text[size] == '.' &&
      IsDecimal(text[size + 1])) {
    size += 1 + DigitRun(text.substr(size + 1), 10);
  }
  if (size < text.size() && (text[size] == 'e' || text[size] == 'E')) {
    size_t at = size + 1;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (at < text.size() && IsDecimal(text[at])) {
      size = at + DigitRun(text.substr(at), 10);
    }
  }
  return size == whole ? 0 : size;
}

int PrefixBase(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 10;
  switch (text[1]) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 10;
  }
}

}  // namespace

absl::StatusOr<std::string> DecodeStringLiteral(std::string_view text) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    const char c = text[pos++];
    if (c != '\\' || pos == text.size()) {
      out += c;
      continue;
    }
    const char kind = text[pos++];
    if (const char simple = SimpleEscape(kind)) {
      out += simple;
      continue;
    }
    if (kind == '\n') continue;
    int read = 0;
    int32_t value = 0;
    int want = 0;
    if (kind >= '0' && kind <= '7') {
      value = ReadDigits(text, --pos, 3, 8, &read);
    } else if (kind == 'x' || kind == 'u' || kind == 'U') {
      want = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
      value = ReadDigits(text, pos, want, 16, &read);
    } else if (kind == 'N') {
      return absl::InvalidArgumentError("\\N{...} escapes are not supported");
    } else {
      out += '\\';
      out += kind;
      continue;
    }
    if (read < want || value < 0 || value > 0x10FFFF) {
      return absl::InvalidArgumentError(
          Cat("truncated \\", std::string(1, kind), " escape"));
    }
    AppendUtf8(out, value);
  }
  return out;
}

NumberLiteral ScanNumber(std::string_view text, bool allow_float) {
  const size_t whole = DigitRun(text, 10);
  if (const size_t size = allow_float ? FloatSize(text, whole) : 0) {
    const auto value = ParseFloat(WithoutUnderscores(text.substr(0, size)));
    return {value ? Value(*value) : Value(), size, value ? "" : "bad float"};
  }
  const int base = PrefixBase(text);
  size_t from = base == 10 ? 0 : 2;
  if (base != 10 && text.substr(2).starts_with('_')) ++from;
  size_t size = from + DigitRun(text.substr(from), base);
  if (base != 10 && size == from) return {Value(0), 1, ""};  // 0, then a name
  if (base == 10 && text[0] == '0') {  // 0 or 00, never 012
    size = 1;
    while (size < whole && (text[size] == '0' || text[size] == '_')) ++size;
    if (text[size - 1] == '_') --size;
  }
  const auto value =
      ParseInt(WithoutUnderscores(text.substr(from, size - from)), base);
  if (!value) return {Value(), size, "an integer beyond 127 bits"};
  return {*value, size, ""};
}

std::optional<Int> ParseInt(std::string_view text, int base) {
  text = Strip(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int prefix = PrefixBase(text);
  if (prefix != 10 && (base == prefix || base == 0)) {
    text.remove_prefix(2);
    if (text.starts_with('_')) text.remove_prefix(1);
    base = prefix;
  } else if (base == 0) {
    base = 10;
  }
  if (text.empty() || DigitRun(text, base) != text.size() || text[0] == '_') {
    return std::nullopt;
  }
  Int value = 0;
  for (char c : WithoutUnderscores(text)) {
    if (__builtin_mul_overflow(value, Int{base}, &value) ||
        __builtin_add_overflow(value, Int{DigitValue(c)}, &value)) {
      return std::nullopt;
    }
  }
  return negative ? -value : value;
}

std::optional<double> ParseFloat(std::string_view text) {
  text = Strip(text);
  const std::string_view all = text;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string lower = Lower(text);
  std::string_view name = lower;
  const bool negative = name.starts_with('-');
  if (negative) name.remove_prefix(1);
  if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (name == "inf" || name == "infinity") {
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  }
  if (name.empty() || !(IsDecimal(name[0]) || name[0] == '.') ||
      all.starts_with("+-")) {
    return std::nullopt;
  }
  double value = 0;
  const std::string digits = WithoutUnderscores(lower);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const bool tiny = digits.find("e-") != std::string::npos;
    value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    return negative ? -value : value;
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace mj::jinja
