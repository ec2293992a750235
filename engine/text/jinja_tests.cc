// The tests: `value is name(arguments)`.
#include <cmath>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

template <bool (Value::*kIs)() const>
bool Is(Runtime&, const Value& value, const Args&) {
  return (value.*kIs)();
}

bool Defined(Runtime&, const Value& value, const Args&) {
  return !value.is_undefined();
}

bool Sequence(Runtime&, const Value& value, const Args&) {
  return value.is_string() || value.is_dict() || value.is_undefined() ||
         (value.is_list() && !value.list().is_view()) ||
         (value.is_object() && value.object()->subscriptable());
}

bool Iterable(Runtime&, const Value& value, const Args&) {
  return value.is_string() || value.is_dict() || value.is_undefined() ||
         value.is_list() || (value.is_object() && value.object()->iterable());
}

bool Callable(Runtime&, const Value& value, const Args&) {
  // Undefined has a __call__, which raises.
  return value.is_undefined() ||
         (value.is_object() && value.object()->callable());
}

template <bool kValue>
bool IsBool(Runtime&, const Value& value, const Args&) {
  return value.is_bool() && value.as_bool() == kValue;
}

// value % divisor == remainder
bool Remains(Runtime& runtime, const Value& value, const Value& divisor,
             int remainder) {
  const Value rest = Arithmetic(runtime, Operator::kModulo, value, divisor);
  return runtime.ok() && Equal(runtime, rest, remainder);
}

bool Odd(Runtime& runtime, const Value& value, const Args&) {
  return Remains(runtime, value, 2, 1);
}
bool Even(Runtime& runtime, const Value& value, const Args&) {
  return Remains(runtime, value, 2, 0);
}
bool DivisibleBy(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "divisibleby", "num", args);
  return runtime.ok() && Remains(runtime, value, bound[0], 0);
}

template <Operator kOperator>
bool Compares(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "comparison", "other", args);
  return runtime.ok() && Compare(runtime, kOperator, value, bound[0]);
}

bool SameAs(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "sameas", "other", args);
  return runtime.ok() && value.SameAs(bound[0]);
}

bool HasCase(Runtime& runtime, const Value& value, bool (*wanted)(int32_t),
             bool (*other)(int32_t)) {
  bool any = false;
  const std::string text = Str(runtime, value);
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = DecodeAt(text, pos);
    if (other(c.value)) return false;
    any |= wanted(c.value);
    pos += c.size;
  }
  return any;
}

bool IsUpperText(Runtime& runtime, const Value& value, const Args&) {
  return HasCase(runtime, value, IsUpper, IsLower);
}
bool IsLowerText(Runtime& runtime, const Value& value, const Args&) {
  return HasCase(runtime, value, IsLower, IsUpper);
}

bool Escaped(Runtime&, const Value& value, const Args&) {
  return value.is_string() && value.string().markup;
}
bool IsFilter(Runtime&, const Value& value, const Args&) {
  return value.is_string() && FindFilter(value.text()) != nullptr;
}
bool IsTest(Runtime&, const Value& value, const Args&) {
  return value.is_string() && FindTest(value.text()) != nullptr;
}

struct NamedTest {
  std::string_view name;
  TestFn function;
};

constexpr NamedTest kTests[] = {
    {"defined", Defined},
    {"undefined", Is<&Value::is_undefined>},
    {"none", Is<&Value::is_none>},
    {"string", Is<&Value::is_string>},
    {"mapping", Is<&Value::is_dict>},
    {"boolean", Is<&Value::is_bool>},
    {"integer", Is<&Value::is_int>},
    {"float", Is<&Value::is_float>},
    {"number", Is<&Value::is_number>},
    {"true", IsBool<true>},
    {"false", IsBool<false>},
    {"sequence", Sequence},
    {"iterable", Iterable},
    {"callable", Callable},
    {"odd", Odd},
    {"even", Even},
    {"divisibleby", DivisibleBy},
    {"sameas", SameAs},
    {"upper", IsUpperText},
    {"lower", IsLowerText},
    {"escaped", Escaped},
    {"filter", IsFilter},
    {"test", IsTest},
    {"in", Compares<Operator::kIn>},
    {"eq", Compares<Operator::kEqual>},
    {"equalto", Compares<Operator::kEqual>},
    {"==", Compares<Operator::kEqual>},
    {"ne", Compares<Operator::kNotEqual>},
    {"!=", Compares<Operator::kNotEqual>},
    {"lt", Compares<Operator::kLess>},
    {"lessthan", Compares<Operator::kLess>},
    {"<", Compares<Operator::kLess>},
    {"le", Compares<Operator::kLessEqual>},
    {"<=", Compares<Operator::kLessEqual>},
    {"gt", Compares<Operator::kGreater>},
    {"greaterthan", Compares<Operator::kGreater>},
    {">", Compares<Operator::kGreater>},
    {"ge", Compares<Operator::kGreaterEqual>},
    {">=", Compares<Operator::kGreaterEqual>},
};

}  // namespace

TestFn FindTest(std::string_view name) {
  for (const NamedTest& test : kTests) {
    if (test.name == name) return test.function;
  }
  return nullptr;
}

bool ApplyTest(Runtime& runtime, std::string_view name, const Value& value,
               const Args& args) {
  const TestFn test = FindTest(name);
  if (!test) {
    runtime.Fail(Cat("No test named ", Quoted(name), " found."));
    return false;
  }
  return test(runtime, value, args) && runtime.ok();
}

}  // namespace mj::jinja
