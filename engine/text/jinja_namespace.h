// namespace(): the one mutable value of a template.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_NAMESPACE_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_NAMESPACE_H_

#include <string>
#include <utility>

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_runtime.h"

namespace mj::jinja {

class Namespace final : public Object {
 public:
  explicit Namespace(Dict values) : values_(std::move(values)) {}

  std::string TypeName() const override { return "Namespace"; }
  std::string Repr(Runtime& runtime) const override {
    return "<Namespace " + mj::jinja::Repr(runtime, runtime.MakeDict(values_)) +
           ">";
  }
  std::optional<Value> GetAttribute(Runtime&, std::string_view name) override {
    const Value* value = values_.Find(name);
    return value ? std::optional(*value) : std::nullopt;
  }
  void Set(std::string_view name, Value value) {
    values_.Set(name, std::move(value));
  }
  void Release() override { values_ = Dict(); }

 private:
  Dict values_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_NAMESPACE_H_
