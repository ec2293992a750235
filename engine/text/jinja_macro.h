// A macro, or the body of a call block as caller().
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_MACRO_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_MACRO_H_

#include <string>

#include "engine/text/jinja_evaluator.h"
#include "engine/text/jinja_object.h"

namespace mj::jinja {

class Macro final : public Object {
 public:
  // REQUIRES: the references outlive the rendering
  Macro(Evaluator& evaluator, const Signature& signature, const Body& body,
        ScopePtr closure);

  std::string TypeName() const override { return "Macro"; }
  std::string Repr(Runtime& runtime) const override;
  bool callable() const override { return true; }
  Value Call(Runtime& runtime, const Args& args) override;
  std::optional<Value> GetAttribute(Runtime& runtime,
                                    std::string_view name) override;
  void Release() override { closure_.reset(); }

 private:
  Evaluator& evaluator_;
  const Signature& signature_;
  const Body& body_;
  ScopePtr closure_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_MACRO_H_
