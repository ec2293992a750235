// Filters that make or change numbers.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_literals.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

std::optional<Int> FromFloat(double d) {
  if (!(std::abs(d) < 1e38)) return std::nullopt;
  return static_cast<Int>(d);
}

std::optional<Int> ToInt(const Value& value, int base) {
  if (value.is_integral()) return value.as_int();
  if (value.is_float()) return FromFloat(value.as_float());
  if (!value.is_string()) return std::nullopt;
  if (const auto i = ParseInt(value.text(), base)) return i;
  const auto d = ParseFloat(value.text());
  return d ? FromFloat(*d) : std::nullopt;
}

// int(value, default=0, base=10)
Value IntFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_int", "default= base=", args);
  if (value.is_undefined()) return runtime.FailUndefined(value);
  const bool has_base = bound.has(1) && bound[1].is_integral();
  const Int base = has_base ? bound[1].as_int() : Int{10};
  if (base < 0 || base == 1 || base > 36) {
    return bound.has(0) ? bound[0] : Value(0);
  }
  if (const auto i = ToInt(value, static_cast<int>(base))) return *i;
  return bound.has(0) ? bound[0] : Value(0);
}

Value FloatFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_float", "default=", args);
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (value.is_number()) return value.as_float();
  if (value.is_string()) {
    if (const auto d = ParseFloat(value.text())) return *d;
  }
  return bound.has(0) ? bound[0] : Value(0.0);
}

Value Abs(Runtime& runtime, const Value& value, const Args&) {
  if (value.is_float()) return std::abs(value.as_float());
  if (value.is_integral()) {
    return value.as_int() < 0 ? Negate(runtime, value) : Value(value.as_int());
  }
  if (value.is_undefined()) return runtime.FailUndefined(value);
  return runtime.Fail(
      Cat("bad operand type for abs(): '", value.TypeName(), "'"));
}

// Correctly rounded, as Python: through the decimal text.
double RoundTo(double value, int precision) {
  if (!std::isfinite(value) || precision > 300) return value;
  if (precision < 0) {
    const double scale = std::pow(10.0, -precision);
    return std::nearbyint(value / scale) * scale;
  }
  const int64_t size = std::snprintf(nullptr, 0, "%.*f", precision, value);
  std::string text(size + 1, '\0');
  std::snprintf(text.data(), text.size(), "%.*f", precision, value);
  text.pop_back();
  return *ParseFloat(text);
}

// round(value, precision=0, method='common')
Value Round(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_round", "precision= method=", args);
  const std::string method = bound.has(1) ? Str(runtime, bound[1]) : "common";
  if (method != "common" && method != "ceil" && method != "floor") {
    return runtime.Fail("method must be common, ceil or floor");
  }
  const Int wanted =
      bound.has(0) && bound[0].is_integral() ? bound[0].as_int() : Int{0};
  const int precision = static_cast<int>(std::clamp<Int>(wanted, -400, 400));
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (!value.is_number()) {
    return runtime.Fail(
        Cat("type ", value.TypeName(), " doesn't define __round__ method"));
  }
  if (method == "common") {
    if (value.is_integral() && precision >= 0) return value.as_int();
    const double rounded = RoundTo(value.as_float(), precision);
    if (!value.is_integral()) return rounded;
    const auto whole = FromFloat(rounded);
    return whole ? Value(*whole) : value;
  }
  const double scale = std::pow(10.0, precision);
  const double scaled = value.as_float() * scale;
  return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale;
}

constexpr NamedFilter kFilters[] = {
    {"int", IntFilter}, {"float", FloatFilter}, {"abs", Abs}, {"round", Round}};

}  // namespace

std::span<const NamedFilter> NumberFilters() { return kFilters; }

}  // namespace mj::jinja
