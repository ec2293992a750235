// The statements; the expressions are in jinja_expressions.cc.
#include "engine/text/jinja_evaluator.h"

#include "engine/text/jinja_loop.h"
#include "engine/text/jinja_macro.h"
#include "engine/text/jinja_namespace.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

ScopePtr Inside(const ScopePtr& scope) {
  return std::make_shared<Scope>(scope);
}

}  // namespace

Flow Evaluator::Run(const Body& body, const ScopePtr& scope, std::string& out) {
  for (const auto& statement : body) {
    if (!runtime_.ok()) break;
    const Flow flow = RunStatement(*statement, scope, out);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Flow Evaluator::RunStatement(const Statement& statement, const ScopePtr& scope,
                             std::string& out) {
  const Runtime::Depth depth(runtime_);
  if (!depth.ok() || !runtime_.Step()) return Flow::kNext;
  runtime_.set_line(statement.line);
  switch (statement.kind) {
    case StatementKind::kOutput:
      RunOutput(statement, scope, out);
      break;
    case StatementKind::kIf:
      return RunIf(statement, scope, out);
    case StatementKind::kFor:
      RunLoop(statement, scope, Evaluate(*statement.expressions[1], scope), 0,
              out);
      break;
    case StatementKind::kSet:
      RunSet(statement, scope);
      break;
    case StatementKind::kSetBlock:
      RunSetBlock(statement, scope);
      break;
    case StatementKind::kMacro:
      scope->Set(statement.name, MakeMacro(statement, scope));
      break;
    case StatementKind::kCallBlock:
      RunCallBlock(statement, scope, out);
      break;
    case StatementKind::kFilterBlock:
      RunFilterBlock(statement, scope, out);
      break;
    case StatementKind::kWith:
      RunWith(statement, scope, out);
      break;
    case StatementKind::kScope:
      return Run(statement.bodies[0], Inside(scope), out);
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNext;
}

void Evaluator::Print(const Value& value, std::string& out) {
  const std::string text = Str(runtime_, value);
  if (!runtime_.Step(static_cast<int64_t>(text.size() / 256))) return;
  out += text;
  if (out.size() > runtime_.limits().output_bytes) {
    runtime_.FailLimit("output bytes", runtime_.limits().output_bytes);
  }
}

void Evaluator::RunOutput(const Statement& statement, const ScopePtr& scope,
                          std::string& out) {
  for (const auto& expression : statement.expressions) {
    if (!runtime_.ok()) return;
    Print(Evaluate(*expression, scope), out);
  }
}

Flow Evaluator::RunIf(const Statement& statement, const ScopePtr& scope,
                      std::string& out) {
  size_t i = 0;
  while (i < statement.expressions.size() && runtime_.ok() &&
         !Evaluate(*statement.expressions[i], scope).Truthy()) {
    ++i;
  }
  if (!runtime_.ok() || i >= statement.bodies.size()) return Flow::kNext;
  return Run(statement.bodies[i], scope, out);
}

std::vector<Value> Evaluator::LoopItems(const Statement& statement,
                                        const ScopePtr& scope,
                                        const Value& iterable) {
  std::vector<Value> items = Items(runtime_, iterable);
  if (!statement.expressions[2]) return items;
  std::vector<Value> kept;
  const ScopePtr inner = Inside(scope);
  for (Value& item : items) {
    if (!runtime_.ok()) break;
    Assign(*statement.expressions[0], item, inner);
    if (Evaluate(*statement.expressions[2], inner).Truthy()) {
      kept.push_back(std::move(item));
    }
  }
  return kept;
}

void Evaluator::RunLoop(const Statement& statement, const ScopePtr& scope,
                        const Value& iterable, int level, std::string& out) {
  const Runtime::Depth depth(runtime_);
  if (!depth.ok()) return;
  const auto loop = std::make_shared<Loop>(
      *this, statement, scope, LoopItems(statement, scope, iterable), level);
  runtime_.Keep(loop);
  for (size_t i = 0; i < loop->size() && runtime_.Step(); ++i) {
    const ScopePtr inner = Inside(scope);
    loop->set_index(i);
    inner->Set(template_.loop, Value(std::shared_ptr<Object>(loop)));
    Assign(*statement.expressions[0], loop->item(i), inner);
    if (Run(statement.bodies[0], inner, out) == Flow::kBreak) break;
  }
  if (loop->size() == 0 && statement.bodies.size() > 1) {
    Run(statement.bodies[1], Inside(scope), out);
  }
  loop->Release();
}

void Evaluator::RunSet(const Statement& statement, const ScopePtr& scope) {
  Value value = Evaluate(*statement.expressions[1], scope);
  if (runtime_.ok()) {
    Assign(*statement.expressions[0], std::move(value), scope);
  }
}

Value Evaluator::Capture(const Body& body, const ScopePtr& scope) {
  std::string text;
  Run(body, scope, text);
  return runtime_.MakeString(std::move(text));
}

void Evaluator::RunSetBlock(const Statement& statement, const ScopePtr& scope) {
  Value value = Capture(statement.bodies[0], Inside(scope));
  if (statement.expressions[1]) {
    value = EvaluateFilter(*statement.expressions[1], scope, &value);
  }
  if (runtime_.ok()) {
    Assign(*statement.expressions[0], std::move(value), scope);
  }
}

void Evaluator::RunFilterBlock(const Statement& statement,
                               const ScopePtr& scope, std::string& out) {
  const ScopePtr inner = Inside(scope);
  const Value text = Capture(statement.bodies[0], inner);
  Print(EvaluateFilter(*statement.expressions[0], inner, &text), out);
}

void Evaluator::RunCallBlock(const Statement& statement, const ScopePtr& scope,
                             std::string& out) {
  const Value caller = MakeMacro(statement, scope);
  Print(EvaluateCall(*statement.expressions[0], scope, &caller), out);
}

void Evaluator::RunWith(const Statement& statement, const ScopePtr& scope,
                        std::string& out) {
  const ScopePtr inner = Inside(scope);
  const auto& parts = statement.expressions;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    Assign(*parts[i], Evaluate(*parts[i + 1], scope), inner);
  }
  Run(statement.bodies[0], inner, out);
}

Value Evaluator::MakeMacro(const Statement& statement, const ScopePtr& scope) {
  return runtime_.Keep(std::make_shared<Macro>(*this, statement.signature,
                                               statement.bodies[0], scope));
}

void Evaluator::Assign(const Expression& target, Value value,
                       const ScopePtr& scope) {
  if (target.kind == ExpressionKind::kTuple) {
    AssignTuple(target, value, scope);
  } else if (target.kind == ExpressionKind::kName) {
    scope->Set(target.name, std::move(value));
  } else {
    const Value* found = scope->Find(target.name);
    auto* space = found ? found->As<Namespace>() : nullptr;
    if (space) {
      space->Set(target.text, std::move(value));
    } else {
      runtime_.Fail("cannot assign attribute on non-namespace object");
    }
  }
}

void Evaluator::AssignTuple(const Expression& target, const Value& value,
                            const ScopePtr& scope) {
  const bool iterable = value.is_undefined() || value.is_string() ||
                        value.is_list() || value.is_dict() ||
                        (value.is_object() && value.object()->iterable());
  if (!iterable) {
    runtime_.Fail(
        Cat("cannot unpack non-iterable ", value.TypeName(), " object"));
    return;
  }
  const std::vector<Value> items = Items(runtime_, value);
  const size_t want = target.children.size();
  if (items.size() < want) {
    runtime_.Fail(Cat("not enough values to unpack (expected ", want, ", got ",
                      items.size(), ")"));
  } else if (items.size() > want) {
    runtime_.Fail(Cat("too many values to unpack (expected ", want, ")"));
  }
  for (size_t i = 0; i < want && runtime_.ok(); ++i) {
    Assign(*target.children[i], items[i], scope);
  }
}

}  // namespace mj::jinja
