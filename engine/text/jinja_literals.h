// The literals of template expressions: Python's strings and numbers.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_LITERALS_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_LITERALS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

// What stands between the quotes, with Python's escapes decoded.
absl::StatusOr<std::string> DecodeStringLiteral(std::string_view text);

struct NumberLiteral {
  Value value;
  size_t size = 0;    // bytes
  std::string error;  // empty: none
};
// REQUIRES: text starts with a decimal digit
NumberLiteral ScanNumber(std::string_view text, bool allow_float);

// int(text, base) and float(text) of Python; nullopt where they raise.
std::optional<Int> ParseInt(std::string_view text, int base);
std::optional<double> ParseFloat(std::string_view text);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_LITERALS_H_
