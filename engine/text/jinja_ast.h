// A parsed template: plain data, immutable after parsing.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_AST_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_AST_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
using NameId = int;  // index into Template::names

enum class ExpressionKind : uint8_t {
  kConstant,
  kName,
  kTuple,
  kList,
  kDict,       // children: key, value, key, value, ...
  kAttribute,  // children[0].text
  kSubscript,  // children[0][children[1]]
  kSlice,      // children[0][1:2:3], each a constant None where left out
  kCall,       // children[0](arguments)
  kFilter,     // children[0] | text(arguments)
  kTest,       // children[0] is text(arguments)
  kNegate,
  kPlus,
  kNot,
  kAnd,
  kOr,
  kCompare,       // children[0] operators[0] children[1] operators[1] ...
  kArithmetic,    // children[0] operators[0] children[1]
  kConcat,        // children joined by ~
  kConditional,   // children: test, value, otherwise (may be absent)
  kNamespaceRef,  // name.text as the target of a set
};

struct Arguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr list, dict;  // *list, **dict; null where absent
};

struct Expression {
  ExpressionKind kind = ExpressionKind::kConstant;
  int line = 0;
  int depth = 0;  // of the tree below
  Value constant;
  NameId name = 0;
  std::string text;
  std::vector<ExpressionPtr> children;
  std::vector<Operator> operators;
  Arguments arguments;
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

struct Signature {
  std::string name;  // of the macro; "caller" for a call block
  std::vector<NameId> parameters;
  std::vector<std::string> parameter_names;
  std::vector<ExpressionPtr> defaults;  // of the last parameters
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
};

enum class StatementKind : uint8_t {
  kOutput,       // expressions, one after the other
  kIf,           // expressions[i] guards bodies[i]; one body more: else
  kFor,          // expressions: target, iterable, filter or null;
                 // bodies: loop, else
  kSet,          // expressions: target, value
  kSetBlock,     // expressions: target, filter or null (its innermost input
                 // is a null child); bodies[0]
  kMacro,        // signature, bodies[0]
  kCallBlock,    // expressions[0]: the call; signature, bodies[0]
  kFilterBlock,  // expressions[0]: the filter, as in kSetBlock; bodies[0]
  kWith,         // expressions: target, value, target, value; bodies[0]
  kScope,        // bodies[0] in a scope of its own (generation, block)
  kBreak,
  kContinue,
};

struct Statement {
  StatementKind kind = StatementKind::kOutput;
  int line = 0;
  bool recursive = false;  // for ... recursive
  std::vector<ExpressionPtr> expressions;
  std::vector<Body> bodies;
  Signature signature;
  NameId name = 0;  // of a macro
};

struct Template {
  std::vector<std::string> names;  // all names, each once
  Body body;
  NameId loop = 0, caller = 0, varargs = 0, kwargs = 0;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_AST_H_
