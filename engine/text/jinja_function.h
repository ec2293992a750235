// A callable made of C++ code: a global function or a bound method.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_FUNCTION_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_FUNCTION_H_

#include <functional>
#include <string>
#include <utility>

#include "engine/text/jinja_object.h"

namespace mj::jinja {

class Function final : public Object {
 public:
  using Body = std::function<Value(Runtime&, const Args&)>;
  // `depth`: of the values that the body holds.
  Function(std::string name, Body body, int depth = 0)
      : name_(std::move(name)), body_(std::move(body)), depth_(depth) {}

  std::string TypeName() const override { return "builtin_function_or_method"; }
  std::string Repr(Runtime&) const override {
    return "<built-in method " + name_ + ">";
  }
  int depth() const override { return depth_; }
  bool callable() const override { return true; }
  Value Call(Runtime& runtime, const Args& args) override {
    return body_(runtime, args);
  }
  void Release() override { body_ = nullptr; }

 private:
  std::string name_;
  Body body_;
  int depth_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_FUNCTION_H_
