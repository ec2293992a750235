// `loop` inside a for statement.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_LOOP_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_LOOP_H_

#include <string>
#include <utility>
#include <vector>

#include "engine/text/jinja_evaluator.h"
#include "engine/text/jinja_object.h"

namespace mj::jinja {

class Loop final : public Object {
 public:
  Loop(Evaluator& evaluator, const Statement& statement, ScopePtr scope,
       std::vector<Value> items, int level)
      : evaluator_(evaluator),
        statement_(statement),
        scope_(std::move(scope)),
        items_(std::move(items)),
        level_(level) {}

  size_t size() const { return items_.size(); }
  const Value& item(size_t i) const { return items_[i]; }
  void set_index(size_t index) { index_ = index; }

  std::string TypeName() const override { return "LoopContext"; }
  std::string Repr(Runtime& runtime) const override;
  bool callable() const override { return true; }
  // A recursive loop over other items, one level deeper; its text.
  Value Call(Runtime& runtime, const Args& args) override;
  std::optional<Value> GetAttribute(Runtime& runtime,
                                    std::string_view name) override;
  std::optional<int64_t> Length() const override {
    return static_cast<int64_t>(size());
  }
  void Release() override;

  Value Cycle(Runtime& runtime, const Args& args) const;
  bool Changed(Runtime& runtime, const Args& args);

 private:
  Value Neighbour(size_t index, std::string_view message) const;

  Evaluator& evaluator_;
  const Statement& statement_;
  ScopePtr scope_;
  std::vector<Value> items_;
  int level_;
  size_t index_ = 0;
  std::vector<Value> seen_;  // by changed(); one tuple
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_LOOP_H_
