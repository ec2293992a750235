#include "engine/text/jinja_macro.h"

#include <algorithm>

#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

const Value* FindNamed(const Args& args, std::string_view name) {
  for (const auto& [key, value] : args.named) {
    if (key == name) return &value;
  }
  return nullptr;
}

bool IsParameter(const Signature& signature, std::string_view name) {
  return std::find(signature.parameter_names.begin(),
                   signature.parameter_names.end(),
                   name) != signature.parameter_names.end();
}

}  // namespace

Macro::Macro(Evaluator& evaluator, const Signature& signature, const Body& body,
             ScopePtr closure)
    : evaluator_(evaluator),
      signature_(signature),
      body_(body),
      closure_(std::move(closure)) {}

std::string Macro::Repr(Runtime&) const {
  return Cat("<Macro ", Quoted(signature_.name), ">");
}

Value Macro::Call(Runtime&, const Args& args) {
  return evaluator_.CallMacro(signature_, body_, closure_, args);
}

std::optional<Value> Macro::GetAttribute(Runtime& runtime,
                                         std::string_view name) {
  if (name == "name") return runtime.MakeString(signature_.name);
  if (name == "caller") return Value(signature_.uses_caller);
  if (name == "catch_kwargs") return Value(signature_.uses_kwargs);
  if (name == "catch_varargs") return Value(signature_.uses_varargs);
  if (name != "arguments") return std::nullopt;
  std::vector<Value> names;
  for (const std::string& parameter : signature_.parameter_names) {
    names.push_back(runtime.MakeString(parameter));
  }
  return runtime.MakeTuple(std::move(names));
}

Value Evaluator::CallMacro(const Signature& signature, const Body& body,
                           const ScopePtr& closure, const Args& args) {
  const Runtime::Depth depth(runtime_);
  if (!depth.ok() || !runtime_.Step()) return Value();
  const int line = runtime_.line();
  const ScopePtr scope = std::make_shared<Scope>(closure);
  if (!BindExtras(signature, scope, args) ||
      !BindParameters(signature, scope, args)) {
    return Value();
  }
  std::string text;
  Run(body, scope, text);
  if (!runtime_.ok()) return Value();
  runtime_.set_line(line);
  return runtime_.MakeString(std::move(text));
}

bool Evaluator::BindParameters(const Signature& signature,
                               const ScopePtr& scope, const Args& args) {
  const size_t count = signature.parameters.size();
  const size_t first_default = count - signature.defaults.size();
  for (size_t i = 0; i < count; ++i) {
    const Value* named = FindNamed(args, signature.parameter_names[i]);
    if (i < args.positional.size()) {
      scope->Set(signature.parameters[i], args.positional[i]);
    } else if (named) {
      scope->Set(signature.parameters[i], *named);
    } else if (i >= first_default) {
      scope->Set(signature.parameters[i],
                 Evaluate(*signature.defaults[i - first_default], scope));
    } else {
      scope->Set(
          signature.parameters[i],
          Value::MakeUndefined(Cat("parameter '", signature.parameter_names[i],
                                   "' was not provided")));
    }
  }
  return runtime_.ok();
}

// caller, varargs and kwargs, where the body names them; else what has no
// parameter is an error.
bool Evaluator::BindExtras(const Signature& signature, const ScopePtr& scope,
                           const Args& args) {
  const size_t count = signature.parameters.size();
  Dict kwargs;
  for (size_t i = 0; i < args.named.size(); ++i) {
    const auto& [name, value] = args.named[i];
    if (IsParameter(signature, name)) continue;
    if (name == "caller" && signature.uses_caller) continue;
    if (!signature.uses_kwargs) {
      runtime_.Fail(name == "caller"
                        ? Cat("macro ", Quoted(signature.name),
                              " was invoked with two values for the special "
                              "caller argument. This is most likely a bug.")
                        : Cat("macro ", Quoted(signature.name),
                              " takes no keyword argument ", Quoted(name)));
      return false;
    }
    kwargs.Set(name, value);
  }
  if (args.positional.size() > count && !signature.uses_varargs) {
    runtime_.Fail(Cat("macro ", Quoted(signature.name), " takes not more than ",
                      count, " argument(s)"));
    return false;
  }
  if (signature.uses_caller && !IsParameter(signature, "caller")) {
    const Value* caller = FindNamed(args, "caller");
    scope->Set(template_.caller,
               caller ? *caller : Value::MakeUndefined("No caller defined"));
  }
  if (signature.uses_kwargs) {
    scope->Set(template_.kwargs, runtime_.MakeDict(std::move(kwargs)));
  }
  if (signature.uses_varargs) {
    std::vector<Value> rest(
        args.positional.begin() + std::min(count, args.positional.size()),
        args.positional.end());
    scope->Set(template_.varargs, runtime_.MakeTuple(std::move(rest)));
  }
  return runtime_.ok();
}

}  // namespace mj::jinja
