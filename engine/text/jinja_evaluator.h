// Walks a template's tree and prints. One evaluator renders once.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_EVALUATOR_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_EVALUATOR_H_

#include <memory>
#include <string>

#include "engine/text/jinja_ast.h"
#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_scope.h"

namespace mj::jinja {

using ScopePtr = std::shared_ptr<Scope>;
enum class Flow : uint8_t { kNext, kBreak, kContinue };

class Evaluator final {
 public:
  // REQUIRES: both outlive the evaluator and all that it makes
  Evaluator(Runtime& runtime, const Template& source)
      : runtime_(runtime), template_(source) {}

  Flow Run(const Body& body, const ScopePtr& scope, std::string& out);
  Value Evaluate(const Expression& expression, const ScopePtr& scope);
  // One pass of a loop; a recursive loop calls it again, one level deeper.
  void RunLoop(const Statement& statement, const ScopePtr& scope,
               const Value& iterable, int level, std::string& out);
  // The text of a macro or of a call block's body.
  Value CallMacro(const Signature& signature, const Body& body,
                  const ScopePtr& closure, const Args& args);

  Runtime& runtime() { return runtime_; }

 private:
  Flow RunStatement(const Statement& statement, const ScopePtr& scope,
                    std::string& out);
  void RunOutput(const Statement& statement, const ScopePtr& scope,
                 std::string& out);
  Flow RunIf(const Statement& statement, const ScopePtr& scope,
             std::string& out);
  void RunSet(const Statement& statement, const ScopePtr& scope);
  void RunSetBlock(const Statement& statement, const ScopePtr& scope);
  void RunFilterBlock(const Statement& statement, const ScopePtr& scope,
                      std::string& out);
  void RunCallBlock(const Statement& statement, const ScopePtr& scope,
                    std::string& out);
  void RunWith(const Statement& statement, const ScopePtr& scope,
               std::string& out);
  Value MakeMacro(const Statement& statement, const ScopePtr& scope);
  Value Capture(const Body& body, const ScopePtr& scope);
  void Print(const Value& value, std::string& out);
  void Assign(const Expression& target, Value value, const ScopePtr& scope);
  void AssignTuple(const Expression& target, const Value& value,
                   const ScopePtr& scope);
  std::vector<Value> LoopItems(const Statement& statement,
                               const ScopePtr& scope, const Value& iterable);

  bool BindParameters(const Signature& signature, const ScopePtr& scope,
                      const Args& args);
  bool BindExtras(const Signature& signature, const ScopePtr& scope,
                  const Args& args);

  Value EvaluateName(const Expression& expression, const ScopePtr& scope);
  Value EvaluateSequence(const Expression& expression, const ScopePtr& scope);
  Value EvaluateDict(const Expression& expression, const ScopePtr& scope);
  Value EvaluateCompare(const Expression& expression, const ScopePtr& scope);
  Value EvaluateConcat(const Expression& expression, const ScopePtr& scope);
  Value EvaluateConditional(const Expression& expression,
                            const ScopePtr& scope);
  Value EvaluateCall(const Expression& expression, const ScopePtr& scope,
                     const Value* caller = nullptr);
  Value EvaluateFilter(const Expression& expression, const ScopePtr& scope,
                       const Value* input = nullptr);
  Value EvaluateBoth(const Expression& expression, const ScopePtr& scope);
  Args EvaluateArguments(const Arguments& arguments, const ScopePtr& scope);

  Runtime& runtime_;
  const Template& template_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_EVALUATOR_H_
