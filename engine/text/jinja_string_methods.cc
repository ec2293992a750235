// The methods of str.
#include <algorithm>
#include <functional>

#include "engine/text/jinja_escape.h"
#include "engine/text/jinja_format.h"
#include "engine/text/jinja_methods.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_string_search.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

Value Same(Runtime& runtime, const Value& self, std::string text) {
  return runtime.MakeString(std::move(text), self.string().markup);
}

Value NotString(Runtime& runtime, std::string_view method, const Value& got) {
  return runtime.Fail(
      Cat(method, "() argument must be str, not ", got.TypeName()));
}

template <auto kMap>
Value Mapped(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "str method", "", args);
  return Same(runtime, self, kMap(self.text()));
}

template <auto kStrip>
Value Stripped(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "strip", "chars=", args);
  if (!bound.has(0) || bound[0].is_none()) {
    return Same(runtime, self, std::string(kStrip(self.text(), nullptr)));
  }
  if (!bound[0].is_string()) {
    return runtime.Fail("strip arg must be None or str");
  }
  const std::string_view chars = bound[0].text();
  if (!runtime.Step(static_cast<int64_t>(chars.size() / 16))) return Value();
  return Same(runtime, self, std::string(kStrip(self.text(), &chars)));
}

// True where every character is and, unless `cased`, there is one.
template <auto kTest>
Value All(Runtime&, const Value& self, const Args&) {
  for (std::string_view c : SplitCodePoints(self.text())) {
    if (!kTest(DecodeAt(c, 0).value)) return false;
  }
  return !self.text().empty();
}

bool IsAlnum(int32_t c) { return IsAlpha(c) || IsNumeric(c) || IsDigit(c); }

// isupper: no character of the other case, and one of this.
template <auto kThis, auto kOther>
Value Cased(Runtime&, const Value& self, const Args&) {
  bool any = false;
  for (std::string_view c : SplitCodePoints(self.text())) {
    if (kOther(DecodeAt(c, 0).value)) return false;
    any |= kThis(DecodeAt(c, 0).value);
  }
  return any;
}

Value IsTitle(Runtime&, const Value& self, const Args&) {
  bool any = false, in_word = false;
  for (std::string_view text : SplitCodePoints(self.text())) {
    const int32_t c = DecodeAt(text, 0).value;
    if (IsUpper(c) ? in_word : IsLower(c) && !in_word) return false;
    in_word = IsCased(c);
    any |= in_word;
  }
  return any;
}

Value IsAscii(Runtime&, const Value& self, const Args&) {
  return std::all_of(self.text().begin(), self.text().end(),
                     [](char c) { return (c & 0x80) == 0; });
}

Value IsIdentifier(Runtime&, const Value& self, const Args&) {
  const auto characters = SplitCodePoints(self.text());
  return !characters.empty() && !IsNumeric(DecodeAt(characters[0], 0).value) &&
         std::all_of(
             characters.begin(), characters.end(),
             [](std::string_view c) { return IsWord(DecodeAt(c, 0).value); });
}

Value Zfill(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "zfill", "width", args);
  if (!bound[0].is_integral()) return NotString(runtime, "zfill", bound[0]);
  const Int missing = bound[0].as_int() - self.string().length;
  if (missing <= 0) return self;
  if (missing > Int(runtime.limits().object_bytes)) {
    return runtime.FailLimit("bytes of one value",
                             runtime.limits().object_bytes);
  }
  const std::string& text = self.text();
  const size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return runtime.MakeString(text.substr(0, sign) +
                            std::string(static_cast<size_t>(missing), '0') +
                            text.substr(sign));
}

// How much of the padding goes to the left: all, none, or centred.
using LeftShare = Int (*)(Int padding, Int width);

template <LeftShare kLeft>
Value Justified(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "just", "width fillchar=", args);
  if (!runtime.ok()) return Value();
  if (!bound[0].is_integral()) {
    return runtime.Fail(Cat("'", bound[0].TypeName(),
                            "' object cannot be interpreted as an integer"));
  }
  if (bound.has(1) &&
      (!bound[1].is_string() || bound[1].string().length != 1)) {
    return runtime.Fail(
        "The fill character must be exactly one character long");
  }
  const std::string fill = bound.has(1) ? bound[1].text() : " ";
  const Int padding = bound[0].as_int() - self.string().length;
  if (padding <= 0) return self;
  if (padding * Int(fill.size()) > Int(runtime.limits().object_bytes)) {
    return runtime.FailLimit("bytes of one value",
                             runtime.limits().object_bytes);
  }
  const Int left = kLeft(padding, bound[0].as_int());
  std::string out;
  for (Int i = 0; i < left; ++i) out += fill;
  out += self.text();
  for (Int i = left; i < padding; ++i) out += fill;
  return Same(runtime, self, std::move(out));
}

Int AllLeft(Int padding, Int) { return padding; }
Int NoneLeft(Int, Int) { return 0; }
Int Centred(Int padding, Int width) {  // as CPython rounds it
  return padding / 2 + (padding & width & 1);
}

template <bool kPrefix>
Value Removed(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, kPrefix ? "removeprefix" : "removesuffix", "fix",
                    args);
  if (!runtime.ok()) return Value();
  if (!bound[0].is_string()) return NotString(runtime, "remove", bound[0]);
  const std::string& text = self.text();
  const std::string& fix = bound[0].text();
  if (kPrefix && text.starts_with(fix)) {
    return Same(runtime, self, text.substr(fix.size()));
  }
  if (!kPrefix && text.ends_with(fix)) {
    return Same(runtime, self, text.substr(0, text.size() - fix.size()));
  }
  return self;
}

Value Join(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "str.join", "iterable", args);
  if (!runtime.ok()) return Value();
  const bool iterable = bound[0].is_undefined() || bound[0].is_string() ||
                        bound[0].is_list() || bound[0].is_dict() ||
                        (bound[0].is_object() && bound[0].object()->iterable());
  if (!iterable) return runtime.Fail("can only join an iterable");
  const bool markup = self.string().markup;
  std::string out;
  size_t i = 0;
  for (const Value& item : Items(runtime, bound[0])) {
    if (!item.is_string()) {
      return runtime.Fail(Cat("sequence item ", i, ": expected str instance, ",
                              item.TypeName(), " found"));
    }
    if (i++ > 0) out += self.text();
    out += markup && !item.string().markup ? Escape(item.text()) : item.text();
    if (out.size() > runtime.limits().object_bytes) break;
  }
  return Same(runtime, self, std::move(out));
}

Value Format(Runtime& runtime, const Value& self, const Args& args) {
  return FormatBraces(runtime, self.string(), args);
}

Value FormatMap(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "format_map", "mapping", args);
  Args named;
  if (!bound[0].is_dict()) {
    return runtime.Fail("format_map() needs a mapping");
  }
  for (const auto& [key, value] : bound[0].dict().entries) {
    if (key.is_string()) named.named.emplace_back(key.text(), value);
  }
  return FormatBraces(runtime, self.string(), named);
}

Value ExpandTabs(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "expandtabs", "tabsize=", args);
  const Int size =
      bound.has(0) && bound[0].is_integral() ? bound[0].as_int() : Int{8};
  std::string out;
  Int column = 0;
  for (std::string_view c : SplitCodePoints(self.text())) {
    if (c == "\t") {
      Int spaces = size > 0 ? size - column % size : 0;
      if (spaces > Int(runtime.limits().object_bytes)) spaces = 0;
      out.append(static_cast<size_t>(spaces), ' ');
      column += spaces;
    } else {
      out += c;
      column = c == "\n" || c == "\r" ? 0 : column + 1;
    }
    if (out.size() > runtime.limits().object_bytes) break;
  }
  return runtime.MakeString(std::move(out));
}

Value Unsupported(Runtime& runtime, const Value&, const Args&) {
  return runtime.Fail("this method of str is not supported");
}

struct NamedMethod {
  std::string_view name;
  MethodFn function;
};

constexpr NamedMethod kMethods[] = {
    {"upper", Mapped<Upper>},
    {"lower", Mapped<Lower>},
    {"casefold", Mapped<Lower>},
    {"title", Mapped<Title>},
    {"capitalize", Mapped<Capitalize>},
    {"swapcase", Mapped<SwapCase>},
    {"strip", Stripped<Strip>},
    {"lstrip", Stripped<StripLeft>},
    {"rstrip", Stripped<StripRight>},
    {"isspace", All<IsSpace>},
    {"isalpha", All<IsAlpha>},
    {"isdigit", All<IsDigit>},
    {"isdecimal", All<IsDigit>},
    {"isnumeric", All<IsNumeric>},
    {"isalnum", All<IsAlnum>},
    {"isupper", Cased<IsUpper, IsLower>},
    {"islower", Cased<IsLower, IsUpper>},
    {"istitle", IsTitle},
    {"isascii", IsAscii},
    {"isidentifier", IsIdentifier},
    {"zfill", Zfill},
    {"ljust", Justified<NoneLeft>},
    {"rjust", Justified<AllLeft>},
    {"center", Justified<Centred>},
    {"removeprefix", Removed<true>},
    {"removesuffix", Removed<false>},
    {"join", Join},
    {"format", Format},
    {"format_map", FormatMap},
    {"expandtabs", ExpandTabs},
    {"encode", Unsupported},
    {"maketrans", Unsupported},
    {"translate", Unsupported},
    {"isprintable", All<IsPrintable>},
};

}  // namespace

MethodFn FindStringMethod(std::string_view name) {
  for (const NamedMethod& method : kMethods) {
    if (method.name == name) return method.function;
  }
  return FindSearchMethod(name);
}

}  // namespace mj::jinja
