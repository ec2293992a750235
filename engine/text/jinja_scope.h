// The variables a statement sees: its own, then those around it.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_SCOPE_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_SCOPE_H_

#include <memory>
#include <utility>
#include <vector>

#include "engine/text/jinja_ast.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

class Scope final {
 public:
  explicit Scope(std::shared_ptr<Scope> parent) : parent_(std::move(parent)) {}

  // null: nowhere set.
  const Value* Find(NameId name) const {
    for (const Scope* scope = this; scope; scope = scope->parent_.get()) {
      for (const auto& [id, value] : scope->values_) {
        if (id == name) return &value;
      }
    }
    return nullptr;
  }
  void Set(NameId name, Value value) {
    for (auto& [id, old] : values_) {
      if (id == name) {
        old = std::move(value);
        return;
      }
    }
    values_.emplace_back(name, std::move(value));
  }

 private:
  std::shared_ptr<Scope> parent_;
  std::vector<std::pair<NameId, Value>> values_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_SCOPE_H_
