// The arithmetic half of jinja_operators.h.
#include <cmath>
#include <limits>

#include "engine/text/jinja_escape.h"
#include "engine/text/jinja_format.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr std::string_view kSymbols[] = {"+",  "-", "*",          "/",
                                         "//", "%", "** or pow()"};

Value Unsupported(Runtime& runtime, Operator op, const Value& a,
                  const Value& b) {
  return runtime.Fail(Cat("unsupported operand type(s) for ",
                          kSymbols[static_cast<int>(op)], ": '", a.TypeName(),
                          "' and '", b.TypeName(), "'"));
}

Value Overflow(Runtime& runtime) {
  return runtime.FailLimit("integer bits", 127);
}

Value IntPower(Runtime& runtime, Int base, Int exponent) {
  if (exponent < 0) {
    if (base == 0) {
      return runtime.Fail("0.0 cannot be raised to a negative power");
    }
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  Int result = 1;
  if (base == 0 || base == 1) return exponent == 0 ? Value(1) : Value(base);
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  for (; exponent > 0; --exponent) {  // at most 127 rounds
    if (__builtin_mul_overflow(result, base, &result)) return Overflow(runtime);
  }
  return result;
}

Value IntArithmetic(Runtime& runtime, Operator op, Int a, Int b) {
  constexpr Int kMin = std::numeric_limits<Int>::min();
  Int result = 0;
  switch (op) {
    case Operator::kAdd:
      return __builtin_add_overflow(a, b, &result) ? Overflow(runtime) : result;
    case Operator::kSubtract:
      return __builtin_sub_overflow(a, b, &result) ? Overflow(runtime) : result;
    case Operator::kMultiply:
      return __builtin_mul_overflow(a, b, &result) ? Overflow(runtime) : result;
    case Operator::kDivide:
      if (b == 0) return runtime.Fail("division by zero");
      return static_cast<double>(a) / static_cast<double>(b);
    case Operator::kPower:
      return IntPower(runtime, a, b);
    default:
      break;
  }
  if (b == 0) {
    return runtime.Fail(op == Operator::kModulo
                            ? "integer modulo by zero"
                            : "integer division or modulo by zero");
  }
  if (a == kMin && b == -1) return Overflow(runtime);
  const bool adjust = a % b != 0 && (a < 0) != (b < 0);
  if (op == Operator::kModulo) return Int{a % b + (adjust ? b : 0)};
  return Int{a / b - (adjust ? 1 : 0)};
}

double FloatModulo(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

Value FloatPower(Runtime& runtime, double a, double b) {
  if (a == 0 && b < 0) {
    return runtime.Fail("0.0 cannot be raised to a negative power");
  }
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) {
    return runtime.Fail("(34, 'Numerical result out of range')");
  }
  if (std::isnan(result) && !std::isnan(a) && !std::isnan(b)) {
    return runtime.Fail("complex numbers are not supported");
  }
  return result;
}

Value FloatArithmetic(Runtime& runtime, Operator op, double a, double b) {
  if (b == 0) {
    if (op == Operator::kDivide) return runtime.Fail("float division by zero");
    if (op == Operator::kFloorDivide) {
      return runtime.Fail("float floor division by zero");
    }
    if (op == Operator::kModulo) return runtime.Fail("float modulo");
  }
  switch (op) {
    case Operator::kAdd:
      return a + b;
    case Operator::kSubtract:
      return a - b;
    case Operator::kMultiply:
      return a * b;
    case Operator::kDivide:
      return a / b;
    case Operator::kModulo:
      return FloatModulo(a, b);
    case Operator::kPower:
      return FloatPower(runtime, a, b);
    default:
      return std::floor((a - FloatModulo(a, b)) / b + 0.5);
  }
}

Value AddStrings(Runtime& runtime, const String& a, const String& b) {
  if (!runtime.Charge(a.bytes.size() + b.bytes.size())) return Value();
  if (!a.markup && !b.markup) return runtime.MakeString(a.bytes + b.bytes);
  return runtime.MakeString((a.markup ? a.bytes : Escape(a.bytes)) +
                                (b.markup ? b.bytes : Escape(b.bytes)),
                            true);
}

Value AddLists(Runtime& runtime, const List& a, const List& b) {
  std::vector<Value> items = a.items;
  items.insert(items.end(), b.items.begin(), b.items.end());
  return runtime.MakeList(std::move(items), a.type);
}

Value Add(Runtime& runtime, const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) {
    return AddStrings(runtime, a.string(), b.string());
  }
  if (a.is_string()) {
    return runtime.Fail(
        Cat("can only concatenate str (not \"", b.TypeName(), "\") to str"));
  }
  if (!a.is_list() || a.list().is_view()) {
    return Unsupported(runtime, Operator::kAdd, a, b);
  }
  if (b.is_list() && a.list().type == b.list().type) {
    return AddLists(runtime, a.list(), b.list());
  }
  return runtime.Fail(Cat("can only concatenate ", a.TypeName(), " (not \"",
                          b.TypeName(), "\") to ", a.TypeName()));
}

Value Repeat(Runtime& runtime, const Value& sequence, Int count) {
  const size_t size = sequence.is_string()
                          ? sequence.text().size()
                          : sequence.list().items.size() * sizeof(Value);
  if (count <= 0 || size == 0) count = size == 0 ? 1 : 0;
  const auto limit = static_cast<Int>(runtime.limits().object_bytes);
  if (count > limit || count * static_cast<Int>(size) > limit) {
    return runtime.FailLimit("bytes of one value",
                             runtime.limits().object_bytes);
  }
  if (sequence.is_string()) {
    std::string out;
    out.reserve(size * count);
    for (; count > 0; --count) out += sequence.text();
    return runtime.MakeString(std::move(out), sequence.string().markup);
  }
  std::vector<Value> out;
  for (; count > 0; --count) {
    out.insert(out.end(), sequence.list().items.begin(),
               sequence.list().items.end());
  }
  return runtime.MakeList(std::move(out), sequence.list().type);
}

bool IsSequence(const Value& value) {
  return value.is_string() || (value.is_list() && !value.list().is_view());
}

Value Multiply(Runtime& runtime, const Value& a, const Value& b) {
  if (IsSequence(a) && b.is_integral()) return Repeat(runtime, a, b.as_int());
  if (IsSequence(b) && a.is_integral()) return Repeat(runtime, b, a.as_int());
  if (IsSequence(a) || IsSequence(b)) {
    const Value& other = IsSequence(a) ? b : a;
    return runtime.Fail(Cat("can't multiply sequence by non-int of type '",
                            other.TypeName(), "'"));
  }
  return Unsupported(runtime, Operator::kMultiply, a, b);
}

}  // namespace

Value Arithmetic(Runtime& runtime, Operator op, const Value& a,
                 const Value& b) {
  if (!runtime.ok()) return Value();
  if (op == Operator::kModulo && a.is_string()) {
    return FormatPercent(runtime, a.string(), b);
  }
  if (a.is_undefined()) return runtime.FailUndefined(a);
  if (b.is_undefined()) return runtime.FailUndefined(b);
  if (a.is_integral() && b.is_integral()) {
    return IntArithmetic(runtime, op, a.as_int(), b.as_int());
  }
  if (a.is_number() && b.is_number()) {
    return FloatArithmetic(runtime, op, a.as_float(), b.as_float());
  }
  if (op == Operator::kAdd) return Add(runtime, a, b);
  if (op == Operator::kMultiply) return Multiply(runtime, a, b);
  return Unsupported(runtime, op, a, b);
}

Value Negate(Runtime& runtime, const Value& a) {
  if (a.is_float()) return -a.as_float();
  if (a.is_integral()) {
    return IntArithmetic(runtime, Operator::kSubtract, 0, a.as_int());
  }
  if (a.is_undefined()) return runtime.FailUndefined(a);
  return runtime.Fail(
      Cat("bad operand type for unary -: '", a.TypeName(), "'"));
}

Value Plus(Runtime& runtime, const Value& a) {
  if (a.is_float()) return a;
  if (a.is_integral()) return a.as_int();
  if (a.is_undefined()) return runtime.FailUndefined(a);
  return runtime.Fail(
      Cat("bad operand type for unary +: '", a.TypeName(), "'"));
}

}  // namespace mj::jinja
