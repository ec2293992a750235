#include "engine/text/jinja_repr.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

void AppendRepr(Runtime& runtime, const Value& value, std::string& out);

void AppendItems(Runtime& runtime, const std::vector<Value>& items,
                 std::string& out) {
  for (size_t i = 0; i < items.size() && runtime.ok(); ++i) {
    if (i > 0) out += ", ";
    AppendRepr(runtime, items[i], out);
  }
}

void AppendList(Runtime& runtime, const Value& value, std::string& out) {
  const List& list = value.list();
  if (list.type == ListType::kTuple) {
    out += '(';
    AppendItems(runtime, list.items, out);
    out += list.items.size() == 1 ? ",)" : ")";
    return;
  }
  if (list.is_view()) out += value.TypeName() + "(";
  out += '[';
  AppendItems(runtime, list.items, out);
  out += list.is_view() ? "])" : "]";
}

void AppendDict(Runtime& runtime, const Dict& dict, std::string& out) {
  out += '{';
  for (size_t i = 0; i < dict.entries.size() && runtime.ok(); ++i) {
    if (i > 0) out += ", ";
    AppendRepr(runtime, dict.entries[i].first, out);
    out += ": ";
    AppendRepr(runtime, dict.entries[i].second, out);
  }
  out += '}';
}

void AppendRepr(Runtime& runtime, const Value& value, std::string& out) {
  if (!runtime.Step()) return;
  if (out.size() > runtime.limits().object_bytes) {
    runtime.Charge(out.size());
  } else if (value.is_string()) {
    out += value.string().markup ? Cat("Markup(", Quoted(value.text()), ")")
                                 : Quoted(value.text());
  } else if (value.is_list()) {
    AppendList(runtime, value, out);
  } else if (value.is_dict()) {
    AppendDict(runtime, value.dict(), out);
  } else if (value.is_object()) {
    const Runtime::Depth depth(runtime);
    if (depth.ok()) out += value.object()->Repr(runtime);
  } else if (value.is_undefined()) {
    out += "Undefined";
  } else {
    out += Str(runtime, value);
  }
}

void AppendEscape(int32_t c, std::string& out) {
  char text[12];
  std::snprintf(text, sizeof(text),
                c < 0x100     ? "\\x%02x"
                : c < 0x10000 ? "\\u%04x"
                              : "\\U%08x",
                static_cast<unsigned>(c));
  out += text;
}

// Lays out the digits d.ddd and the exponent as float.__repr__ does.
std::string LayOut(std::string_view digits, int exponent) {
  if (exponent < -4 || exponent >= 16) {
    std::string out(digits.substr(0, 1));
    if (digits.size() > 1) out += Cat(".", digits.substr(1));
    const int size = std::abs(exponent);
    return out + Cat(exponent < 0 ? "e-" : "e+", size < 10 ? "0" : "", size);
  }
  if (exponent < 0) {
    return Cat("0.", std::string(-exponent - 1, '0'), digits);
  }
  const size_t whole = exponent + 1;
  if (digits.size() <= whole) {
    return Cat(digits, std::string(whole - digits.size(), '0'), ".0");
  }
  return Cat(digits.substr(0, whole), ".", digits.substr(whole));
}

}  // namespace

std::string IntText(Int value) {
  if (value == 0) return "0";
  using Unsigned = unsigned __int128;
  Unsigned rest =
      value < 0 ? -static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
  std::string out;
  for (; rest > 0; rest /= 10) {
    out += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (value < 0) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::string FloatText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const char* sign = std::signbit(value) ? "-" : "";
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), std::abs(value),
                                 std::chars_format::scientific)
                       .ptr;
  const char* e = std::find<const char*>(text, end, 'e');
  std::string digits;
  std::copy_if(static_cast<const char*>(text), e, std::back_inserter(digits),
               [](char c) { return c != '.'; });
  int exponent = 0;
  const char* from = e + (e[1] == '+' ? 2 : 1);
  std::from_chars(from, end, exponent);
  return Cat(sign, LayOut(digits, exponent));
}

std::string Quoted(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = DecodeAt(text, pos);
    if (c.value == quote || c.value == '\\') {
      out += '\\';
      out += text[pos];
    } else if (c.value == '\n' || c.value == '\r' || c.value == '\t') {
      out += c.value == '\n' ? "\\n" : c.value == '\r' ? "\\r" : "\\t";
    } else if (c.value >= 0 && !IsPrintable(c.value)) {
      AppendEscape(c.value, out);
    } else {
      out += text.substr(pos, c.size);
    }
    pos += c.size;
  }
  return out + quote;
}

std::string Str(Runtime& runtime, const Value& value) {
  if (value.is_undefined()) return "";
  if (value.is_none()) return "None";
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  if (value.is_int()) return IntText(value.as_int());
  if (value.is_float()) return FloatText(value.as_float());
  if (value.is_string()) return value.text();
  return Repr(runtime, value);
}

std::string Repr(Runtime& runtime, const Value& value) {
  std::string out;
  AppendRepr(runtime, value, out);
  return runtime.ok() ? out : "";
}

}  // namespace mj::jinja
