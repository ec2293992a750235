#include "engine/text/jinja_expression_parser.h"

#include <algorithm>
#include <optional>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr int kMaxNesting = 200;  // brackets, signs, tags inside one another
constexpr int kMaxDepth = 400;    // of a tree: a chain of operators is deep too

using Kind = ExpressionKind;

std::optional<Operator> CompareOperator(const TokenStream& stream) {
  static constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"==", Operator::kEqual},  {"!=", Operator::kNotEqual},
      {"<", Operator::kLess},    {"<=", Operator::kLessEqual},
      {">", Operator::kGreater}, {">=", Operator::kGreaterEqual}};
  for (const auto& [text, op] : kOperators) {
    if (stream.AtOperator(text)) return op;
  }
  if (stream.AtName("in")) return Operator::kIn;
  const bool not_in = stream.AtName("not") &&
                      stream.next().type == TokenType::kName &&
                      stream.next().text == "in";
  return not_in ? std::optional(Operator::kNotIn) : std::nullopt;
}

}  // namespace

ExpressionParser::Nesting::Nesting(ExpressionParser& parser) : parser_(parser) {
  if (++parser_.nesting_ > kMaxNesting) {
    parser_.stream_.FailLimit(
        Cat("the template is nested deeper than ", kMaxNesting));
  }
}

NameId ExpressionParser::Intern(std::string_view name) {
  const auto [it, is_new] =
      ids_.try_emplace(std::string(name), static_cast<NameId>(names_.size()));
  if (is_new) names_.emplace_back(name);
  return it->second;
}

void ExpressionParser::ForgetUnknown(size_t mark) {
  unknown_.erase(std::remove_if(unknown_.begin() + mark, unknown_.end(),
                                [this](const Unknown& unknown) {
                                  return unknown.scope == scope_;
                                }),
                 unknown_.end());
}

ExpressionPtr ExpressionParser::Make(Kind kind, int line,
                                     std::vector<ExpressionPtr> children) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->line = line;
  expression->children = std::move(children);
  UpdateDepth(*expression);
  return expression;
}

void ExpressionParser::UpdateDepth(Expression& expression) {
  const auto add = [&expression](const ExpressionPtr& child) {
    if (child) expression.depth = std::max(expression.depth, child->depth + 1);
  };
  for (const auto& child : expression.children) add(child);
  for (const auto& child : expression.arguments.positional) add(child);
  for (const auto& child : expression.arguments.named) add(child.second);
  add(expression.arguments.list);
  add(expression.arguments.dict);
  if (expression.depth > kMaxDepth) {
    stream_.FailLimit(Cat("an expression is deeper than ", kMaxDepth));
  }
}

ExpressionPtr ExpressionParser::ParseExpression(bool with_conditional) {
  const Nesting nesting(*this);
  return with_conditional ? ParseConditional() : ParseOr();
}

ExpressionPtr ExpressionParser::ParseConditional() {
  const size_t mark = unknown_.size();
  ExpressionPtr value = ParseOr();
  while (stream_.ok() && stream_.AtName("if")) {
    const int line = stream_.Take().line;
    ExpressionPtr test = ParseOr();
    ExpressionPtr otherwise;
    if (stream_.SkipName("else")) otherwise = ParseExpression();
    const bool has_else = otherwise != nullptr;
    value = MakeOf(Kind::kConditional, line, std::move(test), std::move(value));
    if (has_else) value->children.push_back(std::move(otherwise));
    UpdateDepth(*value);
    ForgetUnknown(mark);
  }
  return value;
}

ExpressionPtr ExpressionParser::ParseOr() {
  ExpressionPtr left = ParseAnd();
  while (stream_.ok() && stream_.AtName("or")) {
    const int line = stream_.Take().line;
    left = MakeOf(Kind::kOr, line, std::move(left), ParseAnd());
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseAnd() {
  ExpressionPtr left = ParseNot();
  while (stream_.ok() && stream_.AtName("and")) {
    const int line = stream_.Take().line;
    left = MakeOf(Kind::kAnd, line, std::move(left), ParseNot());
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseNot() {
  if (!stream_.AtName("not")) return ParseCompare();
  const Nesting nesting(*this);
  const int line = stream_.Take().line;
  return MakeOf(Kind::kNot, line, ParseNot());
}

ExpressionPtr ExpressionParser::ParseCompare() {
  const int line = stream_.current().line;
  ExpressionPtr first = ParseSum();
  std::vector<ExpressionPtr> operands;
  std::vector<Operator> operators;
  while (stream_.ok()) {
    const auto op = CompareOperator(stream_);
    if (!op) break;
    stream_.Take();
    if (*op == Operator::kNotIn) stream_.Take();
    operators.push_back(*op);
    operands.push_back(ParseSum());
  }
  if (operators.empty()) return first;
  operands.insert(operands.begin(), std::move(first));
  ExpressionPtr compare = Make(Kind::kCompare, line, std::move(operands));
  compare->operators = std::move(operators);
  return compare;
}

ExpressionPtr ExpressionParser::ParseArithmetic(
    std::initializer_list<std::pair<std::string_view, Operator>> operators,
    Parse operand) {
  ExpressionPtr left = (this->*operand)();
  while (stream_.ok()) {
    const auto it = std::find_if(
        operators.begin(), operators.end(),
        [this](const auto& op) { return stream_.AtOperator(op.first); });
    if (it == operators.end()) break;
    const int line = stream_.Take().line;
    left = MakeOf(Kind::kArithmetic, line, std::move(left), (this->*operand)());
    left->operators = {it->second};
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseSum() {
  return ParseArithmetic({{"+", Operator::kAdd}, {"-", Operator::kSubtract}},
                         &ExpressionParser::ParseConcat);
}

ExpressionPtr ExpressionParser::ParseConcat() {
  const int line = stream_.current().line;
  ExpressionPtr first = ParseProduct();
  if (!stream_.AtOperator("~")) return first;
  std::vector<ExpressionPtr> parts;
  parts.push_back(std::move(first));
  while (stream_.SkipOperator("~")) parts.push_back(ParseProduct());
  return Make(Kind::kConcat, line, std::move(parts));
}

ExpressionPtr ExpressionParser::ParseProduct() {
  return ParseArithmetic({{"*", Operator::kMultiply},
                          {"/", Operator::kDivide},
                          {"//", Operator::kFloorDivide},
                          {"%", Operator::kModulo}},
                         &ExpressionParser::ParsePower);
}

ExpressionPtr ExpressionParser::ParsePower() {
  const int line = stream_.current().line;
  ExpressionPtr left = ParseUnary();
  while (stream_.ok() && stream_.SkipOperator("**")) {
    left = MakeOf(Kind::kArithmetic, line, std::move(left), ParseUnary());
    left->operators = {Operator::kPower};
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseUnary(bool with_filters) {
  const Nesting nesting(*this);
  const int line = stream_.current().line;
  ExpressionPtr value;
  if (stream_.SkipOperator("-")) {
    value = MakeOf(Kind::kNegate, line, ParseUnary(false));
  } else if (stream_.SkipOperator("+")) {
    value = MakeOf(Kind::kPlus, line, ParseUnary(false));
  } else {
    value = ParsePrimary();
  }
  value = ParsePostfix(std::move(value));
  return with_filters ? ParseFilterExpression(std::move(value))
                      : std::move(value);
}

ExpressionPtr ExpressionParser::ParsePostfix(ExpressionPtr value) {
  while (stream_.ok()) {
    if (stream_.AtOperator(".") || stream_.AtOperator("[")) {
      value = ParseSubscript(std::move(value));
    } else if (stream_.AtOperator("(")) {
      value = ParseCall(std::move(value));
    } else {
      break;
    }
  }
  return value;
}

ExpressionPtr ExpressionParser::ParseFilterExpression(ExpressionPtr value) {
  while (stream_.ok()) {
    if (stream_.AtOperator("|")) {
      value = ParseFilters(std::move(value), false);
    } else if (stream_.AtName("is")) {
      value = ParseTest(std::move(value));
    } else if (stream_.AtOperator("(")) {
      value = ParseCall(std::move(value));
    } else {
      break;
    }
  }
  return value;
}

ExpressionPtr ExpressionParser::ParseSubscript(ExpressionPtr value) {
  const Token token = stream_.Take();
  if (token.text == "[") return ParseSubscribed(std::move(value));
  if (stream_.at(TokenType::kName)) {
    ExpressionPtr attribute =
        MakeOf(Kind::kAttribute, token.line, std::move(value));
    attribute->text = stream_.Take().text;
    return attribute;
  }
  if (!stream_.at(TokenType::kInteger)) stream_.Fail("expected name or number");
  ExpressionPtr index = Make(Kind::kConstant, token.line);
  index->constant = stream_.Take().number;
  return MakeOf(Kind::kSubscript, token.line, std::move(value),
                std::move(index));
}

// One part of a[1:2:3]: None where it is empty.
ExpressionPtr ExpressionParser::ParseSliceBound() {
  if (!stream_.AtOperator(":") && !stream_.AtOperator("]") &&
      !stream_.AtOperator(",")) {
    return ParseExpression();
  }
  ExpressionPtr none = Make(Kind::kConstant, stream_.current().line);
  none->constant = Value::None{};
  return none;
}

ExpressionPtr ExpressionParser::ParseSubscribed(ExpressionPtr value) {
  const int line = stream_.current().line;
  if (stream_.AtOperator("]")) {  // a[] is a[()]
    stream_.Take();
    return MakeOf(Kind::kSubscript, line, std::move(value),
                  Make(Kind::kTuple, line));
  }
  std::vector<ExpressionPtr> parts;
  parts.push_back(ParseSliceBound());
  const bool is_slice = stream_.AtOperator(":");
  while (parts.size() < 3 && stream_.SkipOperator(":")) {
    parts.push_back(ParseSliceBound());
  }
  while (is_slice && parts.size() < 3) {
    parts.push_back(Make(Kind::kConstant, line));
    parts.back()->constant = Value::None{};
  }
  if (!is_slice && stream_.AtOperator(",")) {
    while (stream_.ok() && stream_.SkipOperator(",")) {
      if (!stream_.AtOperator("]")) parts.push_back(ParseExpression());
    }
    ExpressionPtr tuple = Make(Kind::kTuple, line, std::move(parts));
    parts.clear();
    parts.push_back(std::move(tuple));
  }
  stream_.ExpectOperator("]");
  parts.insert(parts.begin(), std::move(value));
  return Make(is_slice ? Kind::kSlice : Kind::kSubscript, line,
              std::move(parts));
}

void ExpressionParser::ParseArgument(Arguments& out, int line) {
  bool valid = true;
  if (stream_.SkipOperator("*")) {
    valid = !out.list && !out.dict;
    out.list = ParseExpression();
  } else if (stream_.SkipOperator("**")) {
    valid = !out.dict;
    out.dict = ParseExpression();
  } else if (stream_.at(TokenType::kName) &&
             stream_.next().type == TokenType::kOperator &&
             stream_.next().text == "=") {
    valid = !out.dict;
    std::string name = stream_.Take().text;
    stream_.Take();
    out.named.emplace_back(std::move(name), ParseExpression());
  } else {
    valid = !out.list && !out.dict && out.named.empty();
    out.positional.push_back(ParseExpression());
  }
  if (!valid) {
    stream_.Fail("invalid syntax for function call expression", line);
  }
}

void ExpressionParser::ParseArguments(Arguments& out) {
  const int line = stream_.current().line;
  stream_.ExpectOperator("(");
  bool first = true;
  while (stream_.ok() && !stream_.AtOperator(")")) {
    if (!first) stream_.ExpectOperator(",");
    if (stream_.AtOperator(")")) break;
    ParseArgument(out, line);
    first = false;
  }
  stream_.ExpectOperator(")");
}

ExpressionPtr ExpressionParser::ParseCall(ExpressionPtr callee) {
  ExpressionPtr call =
      MakeOf(Kind::kCall, stream_.current().line, std::move(callee));
  ParseArguments(call->arguments);
  UpdateDepth(*call);
  return call;
}

ExpressionPtr ExpressionParser::ParseFilters(ExpressionPtr input,
                                             bool starts_inline) {
  while (stream_.ok() && (starts_inline || stream_.AtOperator("|"))) {
    if (!starts_inline) stream_.Take();
    starts_inline = false;
    const int line = stream_.current().line;
    std::string name = stream_.TakeName();
    while (stream_.SkipOperator(".")) name = Cat(name, ".", stream_.TakeName());
    if (stream_.ok() && !FindFilter(name)) {
      unknown_.push_back({Cat("No filter named '", name, "'."), line, scope_});
    }
    ExpressionPtr filter = MakeOf(Kind::kFilter, line, std::move(input));
    filter->text = std::move(name);
    if (stream_.AtOperator("(")) ParseArguments(filter->arguments);
    UpdateDepth(*filter);
    input = std::move(filter);
  }
  return input;
}

ExpressionPtr ExpressionParser::ParseTest(ExpressionPtr value) {
  const int line = stream_.Take().line;
  const bool negated = stream_.SkipName("not");
  std::string name = stream_.TakeName();
  while (stream_.SkipOperator(".")) name = Cat(name, ".", stream_.TakeName());
  if (stream_.ok() && !FindTest(name)) {
    unknown_.push_back({Cat("No test named '", name, "'."), line, scope_});
  }
  ExpressionPtr test = MakeOf(Kind::kTest, line, std::move(value));
  test->text = std::move(name);
  const bool starts_argument =
      stream_.at(TokenType::kString) || stream_.at(TokenType::kInteger) ||
      stream_.at(TokenType::kFloat) || stream_.AtOperator("[") ||
      stream_.AtOperator("{") ||
      (stream_.at(TokenType::kName) && !stream_.AtName("else") &&
       !stream_.AtName("or") && !stream_.AtName("and"));
  if (stream_.AtOperator("(")) {
    ParseArguments(test->arguments);
  } else if (stream_.AtName("is")) {
    stream_.Fail("You cannot chain multiple tests with is");
  } else if (starts_argument) {
    const Nesting nesting(*this);
    test->arguments.positional.push_back(ParsePostfix(ParsePrimary()));
  }
  UpdateDepth(*test);
  return negated ? MakeOf(Kind::kNot, line, std::move(test)) : std::move(test);
}

}  // namespace mj::jinja
