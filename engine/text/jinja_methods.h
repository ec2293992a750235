// The methods of Python's str, list, tuple and dict that a template may call.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_METHODS_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_METHODS_H_

#include <optional>
#include <string_view>

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

using MethodFn = Value (*)(Runtime& runtime, const Value& self,
                           const Args& args);

// null: the type has no such method.
MethodFn FindStringMethod(std::string_view name);
MethodFn FindSequenceMethod(std::string_view name);  // list and tuple
MethodFn FindDictMethod(std::string_view name);

// The attribute `name` of a string, list, tuple, view or dict, bound to it.
// What the sandbox forbids (list.append, dict.update, __class__) is undefined,
// with a message that says so. nullopt: no such attribute.
std::optional<Value> FindMethod(Runtime& runtime, const Value& self,
                                std::string_view name);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_METHODS_H_
