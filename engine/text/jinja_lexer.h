// A template's text to tokens, with the white space control of trim_blocks
// and lstrip_blocks, as jinja2's lexer does it.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_LEXER_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_LEXER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

enum class TokenType : uint8_t {
  kData,           // text to print
  kVariableBegin,  // {{
  kVariableEnd,    // }}
  kBlockBegin,     // {%
  kBlockEnd,       // %}
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,  // `text` is the operator
  kEnd,
};

struct Token {
  TokenType type;
  int line;
  std::string text;  // of a string: decoded
  Value number;      // of an integer or float
};

// Ends with one kEnd. INVALID_ARGUMENT: a syntax error, with its line.
absl::StatusOr<std::vector<Token>> Tokenize(std::string_view source);

// As jinja2's messages name it.
std::string DescribeToken(const Token& token);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_LEXER_H_
