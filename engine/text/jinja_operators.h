// Python's operators on values. What Python raises, the runtime fails with.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_OPERATORS_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_OPERATORS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

enum class Operator : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn,
};

// The first seven operators.
Value Arithmetic(Runtime& runtime, Operator op, const Value& a, const Value& b);
Value Negate(Runtime& runtime, const Value& a);
Value Plus(Runtime& runtime, const Value& a);

bool Equal(Runtime& runtime, const Value& a, const Value& b);
// `symbol` is "<", "<=", ">" or ">=", for the message.
bool Less(Runtime& runtime, const Value& a, const Value& b,
          std::string_view symbol = "<");
bool Contains(Runtime& runtime, const Value& container, const Value& item);
bool Compare(Runtime& runtime, Operator op, const Value& a, const Value& b);

// What a loop over the value visits: nothing for undefined.
std::vector<Value> Items(Runtime& runtime, const Value& value);
// len(); nullopt where Python raises a TypeError.
std::optional<int64_t> Length(const Value& value);

// environment.getattr and environment.getitem.
Value GetAttribute(Runtime& runtime, const Value& value, std::string_view name);
Value GetItem(Runtime& runtime, const Value& value, const Value& key);
// value[start:stop:step]; None where left out.
Value Slice(Runtime& runtime, const Value& value, const Value& start,
            const Value& stop, const Value& step);
// The characters [start, stop) of a string, in steps.
Value SliceString(Runtime& runtime, const String& text, int64_t start,
                  int64_t step, int64_t count);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_OPERATORS_H_
