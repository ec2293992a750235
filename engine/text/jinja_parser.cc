#include "engine/text/jinja_parser.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "engine/text/jinja_expression_parser.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

using StatementPtr = std::unique_ptr<Statement>;
using Ends = std::initializer_list<std::string_view>;

class StatementParser final : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  absl::StatusOr<Template> Run() {
    Template result;
    result.loop = Intern("loop");
    result.caller = Intern("caller");
    result.varargs = Intern("varargs");
    result.kwargs = Intern("kwargs");
    result.body = ParseBody({});
    if (stream_.ok() && !unknown_.empty()) {
      stream_.Fail(unknown_[0].message, unknown_[0].line);
    }
    if (!stream_.ok()) return stream_.status();
    result.names = std::move(names_);
    return result;
  }

 private:
  StatementPtr Make(StatementKind kind, int line) {
    auto statement = std::make_unique<Statement>();
    statement->kind = kind;
    statement->line = line;
    return statement;
  }

  Body ParseBody(Ends ends);
  Body ParseBlock(Ends ends);  // from the tag's end to one of `ends`
  Body ParseScope(Ends ends);  // the same in a scope of its own
  void ParseOutput(Body& body);
  StatementPtr ParseStatement();
  StatementPtr ParseKnown(std::string_view tag, int line);
  StatementPtr ParseIf(int line);
  StatementPtr ParseFor(int line);
  StatementPtr ParseSet(int line);
  StatementPtr ParseMacro(int line);
  StatementPtr ParseCallBlock(int line);
  StatementPtr ParseFilterBlock(int line);
  StatementPtr ParseWith(int line);
  StatementPtr ParseNamedBlock(int line);
  StatementPtr ParseJump(StatementKind kind, int line);
  void ParseSignature(Signature& signature);
  void FailUnknownTag(std::string_view tag, int line);
  std::string Expected() const;

  std::vector<std::vector<std::string_view>> ends_;
  std::vector<std::string> tags_;  // that are open
  int loops_ = 0;
};

std::string StatementParser::Expected() const {
  std::string out;
  for (std::string_view end : ends_.back()) {
    out += Cat(out.empty() ? "'" : " or '", end, "'");
  }
  return out;
}

// `tag` empty: the template ended.
void StatementParser::FailUnknownTag(std::string_view tag, int line) {
  std::string message = tag.empty()
                            ? "Unexpected end of template."
                            : Cat("Encountered unknown tag '", tag, "'.");
  if (!ends_.empty()) {
    const bool known =
        std::any_of(ends_.begin(), ends_.end(), [tag](const auto& ends) {
          return std::find(ends.begin(), ends.end(), tag) != ends.end();
        });
    message += known ? " You probably made a nesting mistake. Jinja is "
                       "expecting this tag, but currently looking for "
                     : " Jinja was looking for the following tags: ";
    message += Expected() + ".";
  }
  if (!tags_.empty()) {
    message += Cat(" The innermost block that needs to be closed is '",
                   tags_.back(), "'.");
  }
  stream_.Fail(message, line);
}

Body StatementParser::ParseBody(Ends ends) {
  Body body;
  while (stream_.ok() && !stream_.at_end()) {
    if (stream_.at(TokenType::kBlockBegin)) {
      stream_.Take();
      const bool ended = std::any_of(
          ends.begin(), ends.end(),
          [this](std::string_view end) { return stream_.AtName(end); });
      if (ended) return body;
      StatementPtr statement = ParseStatement();
      if (statement) body.push_back(std::move(statement));
      stream_.Expect(TokenType::kBlockEnd);
    } else {
      ParseOutput(body);
    }
  }
  if (stream_.ok() && ends.size() > 0) {
    FailUnknownTag("", stream_.current().line);
  }
  return body;
}

void StatementParser::ParseOutput(Body& body) {
  auto output = Make(StatementKind::kOutput, stream_.current().line);
  while (stream_.ok()) {
    if (stream_.at(TokenType::kData)) {
      auto data = std::make_unique<Expression>();
      data->line = stream_.current().line;
      data->constant = std::make_shared<const String>(stream_.Take().text);
      output->expressions.push_back(std::move(data));
    } else if (stream_.at(TokenType::kVariableBegin)) {
      stream_.Take();
      output->expressions.push_back(ParseTuple());
      stream_.Expect(TokenType::kVariableEnd);
    } else {
      break;
    }
  }
  body.push_back(std::move(output));
}

Body StatementParser::ParseBlock(Ends ends) {
  stream_.SkipOperator(":");
  stream_.Expect(TokenType::kBlockEnd);
  ends_.emplace_back(ends);
  Body body = ParseBody(ends);
  ends_.pop_back();
  return body;
}

Body StatementParser::ParseScope(Ends ends) {
  ++scope_;
  // A macro's body is compiled apart: its unknown filters count there.
  Body body = ParseBlock(ends);
  --scope_;
  return body;
}

StatementPtr StatementParser::ParseStatement() {
  const Nesting nesting(*this);
  const int line = stream_.current().line;
  if (!stream_.at(TokenType::kName)) {
    stream_.Fail("tag name expected", line);
    return nullptr;
  }
  const std::string tag = stream_.Take().text;
  tags_.push_back(tag);
  StatementPtr statement = ParseKnown(tag, line);
  tags_.pop_back();
  if (!statement && stream_.ok()) FailUnknownTag(tag, line);
  return statement;
}

StatementPtr StatementParser::ParseKnown(std::string_view tag, int line) {
  if (tag == "if") return ParseIf(line);
  if (tag == "for") return ParseFor(line);
  if (tag == "set") return ParseSet(line);
  if (tag == "macro") return ParseMacro(line);
  if (tag == "call") return ParseCallBlock(line);
  if (tag == "filter") return ParseFilterBlock(line);
  if (tag == "with") return ParseWith(line);
  if (tag == "block") return ParseNamedBlock(line);
  if (tag == "break") return ParseJump(StatementKind::kBreak, line);
  if (tag == "continue") return ParseJump(StatementKind::kContinue, line);
  if (tag == "print") {
    auto output = Make(StatementKind::kOutput, line);
    do {
      output->expressions.push_back(ParseExpression());
    } while (stream_.ok() && stream_.SkipOperator(","));
    return output;
  }
  if (tag == "generation") {
    auto scope = Make(StatementKind::kScope, line);
    scope->bodies.push_back(ParseScope({"endgeneration"}));
    stream_.Take();
    return scope;
  }
  static constexpr std::array<std::string_view, 5> kUnsupported = {
      "extends", "include", "import", "from", "autoescape"};
  if (std::find(kUnsupported.begin(), kUnsupported.end(), tag) !=
      kUnsupported.end()) {
    stream_.Fail(Cat("the tag '", tag, "' is not supported"), line);
  }
  return nullptr;
}

StatementPtr StatementParser::ParseIf(int line) {
  auto statement = Make(StatementKind::kIf, line);
  const size_t mark = unknown_.size();
  while (stream_.ok()) {
    statement->expressions.push_back(ParseTuple(false));
    statement->bodies.push_back(ParseBlock({"elif", "else", "endif"}));
    const Token end = stream_.Take();
    if (end.text == "elif") continue;
    if (end.text == "else") {
      statement->bodies.push_back(ParseBlock({"endif"}));
      stream_.Take();
    }
    break;
  }
  ForgetUnknown(mark);
  return statement;
}

StatementPtr StatementParser::ParseFor(int line) {
  auto statement = Make(StatementKind::kFor, line);
  statement->expressions.push_back(ParseAssignTarget(false, "in"));
  stream_.ExpectName("in");
  statement->expressions.push_back(ParseTuple(false, "recursive"));
  statement->expressions.push_back(stream_.SkipName("if") ? ParseExpression()
                                                          : nullptr);
  statement->recursive = stream_.SkipName("recursive");
  ++loops_;
  statement->bodies.push_back(ParseScope({"endfor", "else"}));
  --loops_;
  if (stream_.Take().text == "else") {
    statement->bodies.push_back(ParseScope({"endfor"}));
    stream_.Take();
  }
  return statement;
}

StatementPtr StatementParser::ParseSet(int line) {
  auto statement = Make(StatementKind::kSet, line);
  statement->expressions.push_back(ParseAssignTarget(true));
  if (stream_.SkipOperator("=")) {
    statement->expressions.push_back(ParseTuple());
    return statement;
  }
  statement->kind = StatementKind::kSetBlock;
  statement->expressions.push_back(ParseFilters(nullptr, false));
  statement->bodies.push_back(ParseScope({"endset"}));
  stream_.Take();
  return statement;
}

void StatementParser::ParseSignature(Signature& signature) {
  stream_.ExpectOperator("(");
  while (stream_.ok() && !stream_.AtOperator(")")) {
    if (!signature.parameters.empty()) stream_.ExpectOperator(",");
    ExpressionPtr target = ParseNameTarget();
    signature.parameters.push_back(target->name);
    signature.parameter_names.push_back(target->text);
    if (stream_.SkipOperator("=")) {
      signature.defaults.push_back(ParseExpression());
    } else if (!signature.defaults.empty()) {
      stream_.Fail("non-default argument follows default argument");
    }
  }
  stream_.ExpectOperator(")");
}

StatementPtr StatementParser::ParseMacro(int line) {
  auto statement = Make(StatementKind::kMacro, line);
  ExpressionPtr name = ParseNameTarget();
  statement->signature.name = name->text;
  statement->name = name->name;
  ParseSignature(statement->signature);
  signatures_.push_back(&statement->signature);
  const int loops = std::exchange(loops_, 0);
  statement->bodies.push_back(ParseScope({"endmacro"}));
  loops_ = loops;
  signatures_.pop_back();
  stream_.Take();
  return statement;
}

StatementPtr StatementParser::ParseCallBlock(int line) {
  auto statement = Make(StatementKind::kCallBlock, line);
  statement->signature.name = "caller";
  if (stream_.AtOperator("(")) ParseSignature(statement->signature);
  statement->expressions.push_back(ParseExpression());
  if (stream_.ok() &&
      statement->expressions[0]->kind != ExpressionKind::kCall) {
    stream_.Fail("expected call", line);
  }
  signatures_.push_back(&statement->signature);
  const int loops = std::exchange(loops_, 0);
  statement->bodies.push_back(ParseScope({"endcall"}));
  loops_ = loops;
  signatures_.pop_back();
  stream_.Take();
  return statement;
}

StatementPtr StatementParser::ParseFilterBlock(int line) {
  auto statement = Make(StatementKind::kFilterBlock, line);
  statement->expressions.push_back(ParseFilters(nullptr, true));
  statement->bodies.push_back(ParseScope({"endfilter"}));
  stream_.Take();
  return statement;
}

StatementPtr StatementParser::ParseWith(int line) {
  auto statement = Make(StatementKind::kWith, line);
  while (stream_.ok() && !stream_.at(TokenType::kBlockEnd)) {
    if (!statement->expressions.empty()) stream_.ExpectOperator(",");
    statement->expressions.push_back(ParseAssignTarget(false));
    stream_.ExpectOperator("=");
    statement->expressions.push_back(ParseExpression());
  }
  statement->bodies.push_back(ParseScope({"endwith"}));
  stream_.Take();
  return statement;
}

StatementPtr StatementParser::ParseNamedBlock(int line) {
  auto statement = Make(StatementKind::kScope, line);
  const std::string name = stream_.TakeName();
  stream_.SkipName("scoped");
  statement->bodies.push_back(ParseScope({"endblock"}));
  stream_.Take();
  stream_.SkipName(name);
  return statement;
}

StatementPtr StatementParser::ParseJump(StatementKind kind, int line) {
  if (loops_ == 0) {
    const bool is_break = kind == StatementKind::kBreak;
    stream_.Fail(Cat("'", is_break ? "break" : "continue", "' outside loop"),
                 line);
  }
  return Make(kind, line);
}

}  // namespace

absl::StatusOr<Template> ParseTemplate(std::string_view source) {
  auto tokens = Tokenize(source);
  if (!tokens.ok()) return tokens.status();
  TokenStream stream(*std::move(tokens));
  return StatementParser(stream).Run();
}

}  // namespace mj::jinja
