// The expressions; the statements are in jinja_evaluator.cc.
#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_evaluator.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {

using Kind = ExpressionKind;

Value Evaluator::Evaluate(const Expression& expression, const ScopePtr& scope) {
  const Runtime::Depth depth(runtime_);
  if (!depth.ok() || !runtime_.Step()) return Value();
  runtime_.set_line(expression.line);
  switch (expression.kind) {
    case Kind::kConstant:
      return expression.constant;
    case Kind::kName:
      return EvaluateName(expression, scope);
    case Kind::kTuple:
    case Kind::kList:
      return EvaluateSequence(expression, scope);
    case Kind::kDict:
      return EvaluateDict(expression, scope);
    case Kind::kAttribute:
      return GetAttribute(runtime_, Evaluate(*expression.children[0], scope),
                          expression.text);
    case Kind::kCall:
      return EvaluateCall(expression, scope);
    case Kind::kFilter:
      return EvaluateFilter(expression, scope);
    case Kind::kTest: {
      const Value value = Evaluate(*expression.children[0], scope);
      const Args args = EvaluateArguments(expression.arguments, scope);
      if (!runtime_.ok()) return Value();
      return ApplyTest(runtime_, expression.text, value, args);
    }
    case Kind::kNegate:
      return Negate(runtime_, Evaluate(*expression.children[0], scope));
    case Kind::kPlus:
      return Plus(runtime_, Evaluate(*expression.children[0], scope));
    case Kind::kNot:
      return !Evaluate(*expression.children[0], scope).Truthy();
    case Kind::kCompare:
      return EvaluateCompare(expression, scope);
    case Kind::kConcat:
      return EvaluateConcat(expression, scope);
    case Kind::kConditional:
      return EvaluateConditional(expression, scope);
    default:
      return EvaluateBoth(expression, scope);
  }
}

// Those that read their children from left to right.
Value Evaluator::EvaluateBoth(const Expression& expression,
                              const ScopePtr& scope) {
  const Value left = Evaluate(*expression.children[0], scope);
  if (!runtime_.ok()) return Value();
  if (expression.kind == Kind::kAnd && !left.Truthy()) return left;
  if (expression.kind == Kind::kOr && left.Truthy()) return left;
  const Value right = Evaluate(*expression.children[1], scope);
  if (expression.kind == Kind::kSlice) {
    const Value stop = Evaluate(*expression.children[2], scope);
    const Value step = Evaluate(*expression.children[3], scope);
    return Slice(runtime_, left, right, stop, step);
  }
  if (expression.kind == Kind::kSubscript) {
    return GetItem(runtime_, left, right);
  }
  if (expression.kind != Kind::kArithmetic) return right;
  return Arithmetic(runtime_, expression.operators[0], left, right);
}

Value Evaluator::EvaluateName(const Expression& expression,
                              const ScopePtr& scope) {
  const Value* value = scope->Find(expression.name);
  if (value) return *value;
  return Value::MakeUndefined(Cat("'", expression.text, "' is undefined"));
}

Value Evaluator::EvaluateSequence(const Expression& expression,
                                  const ScopePtr& scope) {
  std::vector<Value> items;
  items.reserve(expression.children.size());
  for (const auto& child : expression.children) {
    items.push_back(Evaluate(*child, scope));
  }
  return runtime_.MakeList(std::move(items), expression.kind == Kind::kTuple
                                                 ? ListType::kTuple
                                                 : ListType::kList);
}

Value Evaluator::EvaluateDict(const Expression& expression,
                              const ScopePtr& scope) {
  Dict dict;
  for (size_t i = 0; i + 1 < expression.children.size(); i += 2) {
    const Value key = Evaluate(*expression.children[i], scope);
    if (!dict.Set(key, Evaluate(*expression.children[i + 1], scope))) {
      return runtime_.Fail(Cat("unhashable type: '", key.TypeName(), "'"));
    }
  }
  return runtime_.MakeDict(std::move(dict));
}

Value Evaluator::EvaluateCompare(const Expression& expression,
                                 const ScopePtr& scope) {
  Value left = Evaluate(*expression.children[0], scope);
  for (size_t i = 0; i < expression.operators.size() && runtime_.ok(); ++i) {
    Value right = Evaluate(*expression.children[i + 1], scope);
    if (!runtime_.ok() ||
        !Compare(runtime_, expression.operators[i], left, right)) {
      return false;
    }
    left = std::move(right);
  }
  return true;
}

Value Evaluator::EvaluateConcat(const Expression& expression,
                                const ScopePtr& scope) {
  std::string out;
  for (const auto& child : expression.children) {
    out += Str(runtime_, Evaluate(*child, scope));
    if (!runtime_.ok()) return Value();
    if (out.size() > runtime_.limits().object_bytes) break;
  }
  return runtime_.MakeString(std::move(out));
}

Value Evaluator::EvaluateConditional(const Expression& expression,
                                     const ScopePtr& scope) {
  const bool test = Evaluate(*expression.children[0], scope).Truthy();
  if (test) return Evaluate(*expression.children[1], scope);
  if (expression.children.size() > 2) {
    return Evaluate(*expression.children[2], scope);
  }
  return Value::MakeUndefined(
      Cat("the inline if-expression on line ", expression.line,
          " evaluated to false and no else section was defined."));
}

Args Evaluator::EvaluateArguments(const Arguments& arguments,
                                  const ScopePtr& scope) {
  Args args;
  for (const auto& argument : arguments.positional) {
    args.positional.push_back(Evaluate(*argument, scope));
  }
  for (const auto& [name, argument] : arguments.named) {
    args.named.emplace_back(name, Evaluate(*argument, scope));
  }
  if (arguments.list) {
    for (Value& item : Items(runtime_, Evaluate(*arguments.list, scope))) {
      args.positional.push_back(std::move(item));
    }
  }
  if (arguments.dict) {
    const Value dict = Evaluate(*arguments.dict, scope);
    if (!dict.is_dict()) {
      runtime_.Fail("argument after ** must be a mapping");
      return args;
    }
    for (const auto& [key, value] : dict.dict().entries) {
      if (!key.is_string()) {
        runtime_.Fail("keywords must be strings");
        break;
      }
      args.named.emplace_back(key.text(), value);
    }
  }
  return args;
}

Value Evaluator::EvaluateCall(const Expression& expression,
                              const ScopePtr& scope, const Value* caller) {
  const Value callee = Evaluate(*expression.children[0], scope);
  Args args = EvaluateArguments(expression.arguments, scope);
  if (caller) args.named.emplace_back("caller", *caller);
  if (!runtime_.ok()) return Value();
  runtime_.set_line(expression.line);
  if (callee.is_undefined()) return runtime_.FailUndefined(callee);
  if (callee.is_object()) return callee.object()->Call(runtime_, args);
  return runtime_.Fail(Cat("'", callee.TypeName(), "' object is not callable"));
}

// `input`: what the innermost filter of a block gets.
Value Evaluator::EvaluateFilter(const Expression& expression,
                                const ScopePtr& scope, const Value* input) {
  const Expression* child = expression.children[0].get();
  Value value;
  if (!child) {
    value = *input;
  } else if (input && child->kind == Kind::kFilter) {
    value = EvaluateFilter(*child, scope, input);
  } else {
    value = Evaluate(*child, scope);
  }
  const Args args = EvaluateArguments(expression.arguments, scope);
  if (!runtime_.ok()) return Value();
  runtime_.set_line(expression.line);
  return ApplyFilter(runtime_, expression.text, value, args);
}

}  // namespace mj::jinja
