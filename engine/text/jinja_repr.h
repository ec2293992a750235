// Python's str() and repr() of values.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_REPR_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_REPR_H_

#include <string>
#include <string_view>

#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

std::string IntText(Int value);
std::string FloatText(double value);  // the shortest that reads back equal
std::string Quoted(std::string_view text);  // repr of a str

// Bounded by the runtime's limits: "" once it failed.
std::string Str(Runtime& runtime, const Value& value);
std::string Repr(Runtime& runtime, const Value& value);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_REPR_H_
