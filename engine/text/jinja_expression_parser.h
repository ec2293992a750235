// The expression half of the parser: jinja2's precedences, from the lowest:
// if-else, or, and, not, comparisons, + -, ~, * / // %, **, unary, postfix.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_EXPRESSION_PARSER_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_EXPRESSION_PARSER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/text/jinja_ast.h"
#include "engine/text/jinja_token_stream.h"

namespace mj::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& stream) : stream_(stream) {}

 protected:
  // Counts how deep the parser is; the destructor gives it back.
  class Nesting {
   public:
    explicit Nesting(ExpressionParser& parser);
    ~Nesting() { --parser_.nesting_; }

   private:
    ExpressionParser& parser_;
  };
  // What compiling refuses unless it stands in an `if` of its own scope.
  struct Unknown {
    std::string message;
    int line;
    int scope;
  };

  ExpressionPtr ParseExpression(bool with_conditional = true);
  // Several expressions with commas are a tuple. `end_name` ends it too.
  ExpressionPtr ParseTuple(bool with_conditional = true,
                           std::string_view end_name = "",
                           bool in_parentheses = false);
  ExpressionPtr ParseAssignTarget(bool with_namespace,
                                  std::string_view end_name = "");
  ExpressionPtr ParseNameTarget();
  ExpressionPtr ParseFilters(ExpressionPtr input, bool starts_inline);
  ExpressionPtr ParsePostfix(ExpressionPtr value);
  ExpressionPtr ParseUnary(bool with_filters = true);
  NameId Intern(std::string_view name);
  void ForgetUnknown(size_t mark);  // those of this scope

  TokenStream& stream_;
  std::vector<std::string> names_;
  std::vector<Unknown> unknown_;
  int scope_ = 0;
  std::vector<Signature*> signatures_;  // of the macros around

 private:
  using Parse = ExpressionPtr (ExpressionParser::*)();

  ExpressionPtr Make(ExpressionKind kind, int line,
                     std::vector<ExpressionPtr> children = {});
  template <typename... Children>
  ExpressionPtr MakeOf(ExpressionKind kind, int line, Children... children);
  void UpdateDepth(Expression& expression);
  ExpressionPtr ParseConditional();
  ExpressionPtr ParseOr();
  ExpressionPtr ParseAnd();
  ExpressionPtr ParseNot();
  ExpressionPtr ParseCompare();
  ExpressionPtr ParseSum();
  ExpressionPtr ParseConcat();
  ExpressionPtr ParseProduct();
  ExpressionPtr ParsePower();
  ExpressionPtr ParseArithmetic(
      std::initializer_list<std::pair<std::string_view, Operator>> operators,
      Parse operand);
  ExpressionPtr ParseFilterExpression(ExpressionPtr value);
  ExpressionPtr ParsePrimary();
  ExpressionPtr ParseName();
  ExpressionPtr ParseStrings();
  ExpressionPtr ParseList();
  ExpressionPtr ParseDict();
  ExpressionPtr ParseSubscript(ExpressionPtr value);
  ExpressionPtr ParseSubscribed(ExpressionPtr value);
  ExpressionPtr ParseSliceBound();
  ExpressionPtr ParseCall(ExpressionPtr callee);
  ExpressionPtr ParseTest(ExpressionPtr value);
  void ParseArguments(Arguments& out);
  void ParseArgument(Arguments& out, int line);
  void NoteUse(std::string_view name);

  absl::flat_hash_map<std::string, NameId> ids_;
  int nesting_ = 0;
};

template <typename... Children>
ExpressionPtr ExpressionParser::MakeOf(ExpressionKind kind, int line,
                                       Children... children) {
  std::vector<ExpressionPtr> list;
  (list.push_back(std::move(children)), ...);
  return Make(kind, line, std::move(list));
}

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_EXPRESSION_PARSER_H_
