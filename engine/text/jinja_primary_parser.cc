// The innermost expressions: names, literals, tuples, lists, dicts; and the
// targets of assignments.
#include "engine/text/jinja_expression_parser.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {

using Kind = ExpressionKind;

ExpressionPtr ExpressionParser::ParsePrimary() {
  const Token& token = stream_.current();
  const int line = token.line;
  if (stream_.at(TokenType::kName)) return ParseName();
  if (stream_.at(TokenType::kString)) return ParseStrings();
  if (stream_.at(TokenType::kInteger) || stream_.at(TokenType::kFloat)) {
    ExpressionPtr number = Make(Kind::kConstant, line);
    number->constant = stream_.Take().number;
    return number;
  }
  if (stream_.SkipOperator("(")) {
    ExpressionPtr tuple = ParseTuple(true, "", true);
    stream_.ExpectOperator(")");
    return tuple;
  }
  if (stream_.AtOperator("[")) return ParseList();
  if (stream_.AtOperator("{")) return ParseDict();
  stream_.Fail(Cat("unexpected '", DescribeToken(token), "'"), line);
  return Make(Kind::kConstant, line);
}

void ExpressionParser::NoteUse(std::string_view name) {
  for (Signature* signature : signatures_) {
    signature->uses_caller |= name == "caller";
    signature->uses_varargs |= name == "varargs";
    signature->uses_kwargs |= name == "kwargs";
  }
}

ExpressionPtr ExpressionParser::ParseName() {
  const Token token = stream_.Take();
  ExpressionPtr value = Make(Kind::kConstant, token.line);
  if (token.text == "true" || token.text == "True") {
    value->constant = true;
  } else if (token.text == "false" || token.text == "False") {
    value->constant = false;
  } else if (token.text == "none" || token.text == "None") {
    value->constant = Value::None{};
  } else {
    value->kind = Kind::kName;
    value->name = Intern(token.text);
    value->text = token.text;
    NoteUse(token.text);
  }
  return value;
}

ExpressionPtr ExpressionParser::ParseStrings() {
  ExpressionPtr value = Make(Kind::kConstant, stream_.current().line);
  std::string text;
  while (stream_.at(TokenType::kString)) text += stream_.Take().text;
  value->constant = std::make_shared<const String>(std::move(text));
  return value;
}

ExpressionPtr ExpressionParser::ParseTuple(bool with_conditional,
                                           std::string_view end_name,
                                           bool in_parentheses) {
  const int line = stream_.current().line;
  const auto at_end = [&] {
    return stream_.at(TokenType::kVariableEnd) ||
           stream_.at(TokenType::kBlockEnd) || stream_.AtOperator(")") ||
           (!end_name.empty() && stream_.AtName(end_name));
  };
  std::vector<ExpressionPtr> items;
  bool is_tuple = false;
  while (stream_.ok()) {
    if (!items.empty()) stream_.ExpectOperator(",");
    if (at_end()) break;
    items.push_back(ParseExpression(with_conditional));
    if (!stream_.AtOperator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !items.empty()) return std::move(items[0]);
  if (!is_tuple && !in_parentheses) {
    stream_.Fail(Cat("Expected an expression, got '",
                     DescribeToken(stream_.current()), "'"));
  }
  return Make(Kind::kTuple, line, std::move(items));
}

ExpressionPtr ExpressionParser::ParseNameTarget() {
  const int line = stream_.current().line;
  ExpressionPtr target = Make(Kind::kName, line);
  target->text = stream_.TakeName();
  target->name = Intern(target->text);
  static constexpr std::string_view kReserved[] = {"true", "false", "none",
                                                   "True", "False", "None"};
  for (std::string_view reserved : kReserved) {
    if (target->text == reserved) {
      stream_.Fail(
          Cat("can't assign to '",
              reserved == "None" || reserved == "none" ? "const" : "const",
              "'"),
          line);
    }
  }
  return target;
}

ExpressionPtr ExpressionParser::ParseAssignTarget(bool with_namespace,
                                                  std::string_view end_name) {
  const int line = stream_.current().line;
  std::vector<ExpressionPtr> targets;
  bool is_tuple = false;
  while (stream_.ok()) {
    if (!targets.empty()) stream_.ExpectOperator(",");
    if (is_tuple && (stream_.AtOperator("=") || stream_.AtOperator(")") ||
                     stream_.at(TokenType::kBlockEnd) ||
                     (!end_name.empty() && stream_.AtName(end_name)))) {
      break;
    }
    if (stream_.SkipOperator("(")) {
      const Nesting nesting(*this);
      targets.push_back(ParseAssignTarget(with_namespace));
      stream_.ExpectOperator(")");
    } else {
      targets.push_back(ParseNameTarget());
      if (with_namespace && stream_.SkipOperator(".")) {
        targets.back()->kind = Kind::kNamespaceRef;
        NoteUse(targets.back()->text);
        targets.back()->text = stream_.TakeName();
      }
    }
    if (!stream_.AtOperator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !targets.empty()) return std::move(targets[0]);
  return Make(Kind::kTuple, line, std::move(targets));
}

ExpressionPtr ExpressionParser::ParseList() {
  const int line = stream_.Take().line;
  std::vector<ExpressionPtr> items;
  while (stream_.ok() && !stream_.AtOperator("]")) {
    if (!items.empty()) stream_.ExpectOperator(",");
    if (stream_.AtOperator("]")) break;
    items.push_back(ParseExpression());
  }
  stream_.ExpectOperator("]");
  return Make(Kind::kList, line, std::move(items));
}

ExpressionPtr ExpressionParser::ParseDict() {
  const int line = stream_.Take().line;
  std::vector<ExpressionPtr> items;
  while (stream_.ok() && !stream_.AtOperator("}")) {
    if (!items.empty()) stream_.ExpectOperator(",");
    if (stream_.AtOperator("}")) break;
    items.push_back(ParseExpression());
    stream_.ExpectOperator(":");
    items.push_back(ParseExpression());
  }
  stream_.ExpectOperator("}");
  return Make(Kind::kDict, line, std::move(items));
}

}  // namespace mj::jinja
