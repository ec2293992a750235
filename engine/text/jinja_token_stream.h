// The tokens of a template as its parser reads them: one to look at, errors
// that stop everything.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_TOKEN_STREAM_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_TOKEN_STREAM_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/text/jinja_lexer.h"

namespace mj::jinja {

class TokenStream final {
 public:
  explicit TokenStream(std::vector<Token> tokens);

  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }
  // The first failure stays; the stream is then at its end.
  void Fail(std::string_view message);
  void Fail(std::string_view message, int line);
  void FailLimit(std::string_view message);

  const Token& current() const { return tokens_[position_]; }
  const Token& next() const;
  Token Take();

  bool at(TokenType type) const { return current().type == type; }
  bool at_end() const { return at(TokenType::kEnd); }
  bool AtOperator(std::string_view text) const;
  bool AtName(std::string_view text) const;
  bool SkipOperator(std::string_view text);
  bool SkipName(std::string_view text);
  void ExpectOperator(std::string_view text);
  void ExpectName(std::string_view text);
  std::string TakeName();  // any name
  void Expect(TokenType type);

 private:
  void FailExpected(std::string_view what);

  std::vector<Token> tokens_;
  size_t position_ = 0;
  absl::Status status_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_TOKEN_STREAM_H_
