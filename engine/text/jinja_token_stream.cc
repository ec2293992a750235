#include "engine/text/jinja_token_stream.h"

#include <algorithm>

#include "engine/text/jinja_text.h"

namespace mj::jinja {

TokenStream::TokenStream(std::vector<Token> tokens)
    : tokens_(std::move(tokens)) {}

void TokenStream::Fail(std::string_view message) {
  Fail(message, current().line);
}

void TokenStream::Fail(std::string_view message, int line) {
  if (!ok()) return;
  status_ = absl::InvalidArgumentError(Cat("line ", line, ": ", message));
  position_ = tokens_.size() - 1;
}

void TokenStream::FailLimit(std::string_view message) {
  if (!ok()) return;
  status_ =
      absl::ResourceExhaustedError(Cat("line ", current().line, ": ", message));
  position_ = tokens_.size() - 1;
}

const Token& TokenStream::next() const {
  return tokens_[std::min(position_ + 1, tokens_.size() - 1)];
}

Token TokenStream::Take() {
  Token token = current();
  position_ = std::min(position_ + 1, tokens_.size() - 1);
  return token;
}

bool TokenStream::AtOperator(std::string_view text) const {
  return at(TokenType::kOperator) && current().text == text;
}

bool TokenStream::AtName(std::string_view text) const {
  return at(TokenType::kName) && current().text == text;
}

bool TokenStream::SkipOperator(std::string_view text) {
  if (!AtOperator(text)) return false;
  Take();
  return true;
}

bool TokenStream::SkipName(std::string_view text) {
  if (!AtName(text)) return false;
  Take();
  return true;
}

void TokenStream::FailExpected(std::string_view what) {
  if (at_end()) {
    Fail(Cat("unexpected end of template, expected '", what, "'."));
  } else {
    Fail(Cat("expected token '", what, "', got '", DescribeToken(current()),
             "'"));
  }
}

void TokenStream::ExpectOperator(std::string_view text) {
  if (!SkipOperator(text)) FailExpected(text);
}

void TokenStream::ExpectName(std::string_view text) {
  if (!SkipName(text)) FailExpected(text);
}

std::string TokenStream::TakeName() {
  if (at(TokenType::kName)) return Take().text;
  FailExpected("name");
  return "";
}

void TokenStream::Expect(TokenType type) {
  if (at(type)) {
    Take();
  } else {
    FailExpected(DescribeToken({type, 0, "", Value()}));
  }
}

}  // namespace mj::jinja
