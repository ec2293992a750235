// Filters that make text of a value.
#include <algorithm>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_escape.h"
#include "engine/text/jinja_format.h"
#include "engine/text/jinja_json.h"
#include "engine/text/jinja_methods.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_string_search.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

bool IsMarkup(const Value& value) {
  return value.is_string() && value.string().markup;
}

template <auto kMap>
Value Mapped(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "filter", "", args);
  return runtime.MakeString(kMap(Str(runtime, value)), IsMarkup(value));
}

Value Trim(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_trim", "chars=", args);
  const std::string text = Str(runtime, value);
  std::string_view chars;
  const bool given = bound.has(0) && bound[0].is_string();
  if (given) chars = bound[0].text();
  if (!runtime.Step(static_cast<int64_t>(chars.size() / 16))) return Value();
  return runtime.MakeString(std::string(Strip(text, given ? &chars : nullptr)),
                            IsMarkup(value));
}

Value TitleFilter(Runtime& runtime, const Value& value, const Args&) {
  std::string out;
  bool starts = true;
  const std::string text = Str(runtime, value);
  for (std::string_view c : SplitCodePoints(text)) {
    out += starts ? Upper(c) : Lower(c);
    starts = IsSpace(DecodeAt(c, 0).value) ||
             (c.size() == 1 &&
              std::string_view("-({[<").find(c[0]) != std::string_view::npos);
  }
  return runtime.MakeString(std::move(out));
}

Value ToText(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "soft_str", "", args);
  if (value.is_string()) return value;
  return runtime.MakeString(Str(runtime, value));
}

Value Safe(Runtime& runtime, const Value& value, const Args&) {
  return runtime.MakeString(Str(runtime, value), true);
}

Value EscapeFilter(Runtime& runtime, const Value& value, const Args&) {
  if (IsMarkup(value)) return value;
  return runtime.MakeString(Escape(Str(runtime, value)), true);
}

Value ForceEscape(Runtime& runtime, const Value& value, const Args&) {
  return runtime.MakeString(Escape(Str(runtime, value)), true);
}

Value StripTagsFilter(Runtime& runtime, const Value& value, const Args&) {
  return runtime.MakeString(StripTags(Str(runtime, value)));
}

Value ReplaceFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_replace", "old new count=", args);
  if (!runtime.ok()) return Value();
  const Int count =
      bound.has(2) && bound[2].is_integral() ? bound[2].as_int() : Int{-1};
  const std::string text = Str(runtime, value);
  const std::string from = Str(runtime, bound[0]);
  if (!runtime.StepSearch(text.size(), from.size())) return Value();
  return runtime.MakeString(Replaced(text, from, Str(runtime, bound[1]), count,
                                     runtime.limits().object_bytes));
}

Value JoinFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_join", "d= attribute=", args);
  const std::string separator = bound.has(0) ? Str(runtime, bound[0]) : "";
  std::string out;
  bool first = true;
  for (const Value& item : Items(runtime, value)) {
    if (!runtime.ok()) return Value();
    if (!first) out += separator;
    first = false;
    out += Str(runtime, bound.has(1) && !bound[1].is_none()
                            ? GetPath(runtime, item, bound[1])
                            : item);
    if (out.size() > runtime.limits().object_bytes) break;
  }
  return runtime.MakeString(std::move(out));
}

// indent(s, width=4, first=False, blank=False)
Value Indent(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_indent", "width= first= blank=", args);
  if (!value.is_string()) {
    if (value.is_undefined()) return runtime.FailUndefined(value);
    return runtime.Fail(Cat("unsupported operand type(s) for +=: '",
                            value.TypeName(), "' and 'str'"));
  }
  std::string indent(4, ' ');
  if (bound.has(0) && bound[0].is_string()) {
    indent = bound[0].text();
  } else if (bound.has(0) && bound[0].is_integral()) {
    constexpr Int kMost = 10'000;
    indent.assign(
        static_cast<size_t>(std::clamp<Int>(bound[0].as_int(), 0, kMost)), ' ');
  }
  const bool blank = bound.Flag(2, false);
  std::string out = bound.Flag(1, false) ? indent : "";
  const std::string text = Str(runtime, value) + "\n";
  bool first = true;
  for (std::string_view line : SplitLines(text, false)) {
    if (!first) out += '\n';
    if (!first && (blank || !line.empty())) out += indent;
    first = false;
    out += line;
    if (out.size() > runtime.limits().object_bytes) break;
  }
  return runtime.MakeString(std::move(out), IsMarkup(value));
}

Value CenterFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_center", "width=", args);
  Args width;
  width.positional.push_back(bound.has(0) ? bound[0] : Value(80));
  const Value text = runtime.MakeString(Str(runtime, value), IsMarkup(value));
  if (!runtime.ok()) return Value();
  return FindStringMethod("center")(runtime, text, width);
}

Value FormatFilter(Runtime& runtime, const Value& value, const Args& args) {
  Dict named;
  for (const auto& [name, item] : args.named) named.Set(name, item);
  if (!args.named.empty() && !args.positional.empty()) {
    return runtime.Fail(
        "can't handle positional and keyword arguments at the same time");
  }
  const Value values = args.named.empty() ? runtime.MakeTuple(args.positional)
                                          : runtime.MakeDict(std::move(named));
  const String text(Str(runtime, value), IsMarkup(value));
  return runtime.ok() ? FormatPercent(runtime, text, values) : Value();
}

Value WordCount(Runtime& runtime, const Value& value, const Args&) {
  int64_t count = 0;
  bool in_word = false;
  const std::string text = Str(runtime, value);
  for (std::string_view c : SplitCodePoints(text)) {
    const bool word = IsWord(DecodeAt(c, 0).value);
    count += word && !in_word ? 1 : 0;
    in_word = word;
  }
  return count;
}

// truncate(s, length=255, killwords=False, end='...', leeway=5)
Value Truncate(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_truncate",
                    "length= killwords= end= leeway=", args);
  if (!Length(value)) {
    return runtime.Fail(
        Cat("object of type '", value.TypeName(), "' has no len()"));
  }
  const std::string text = Str(runtime, value);
  const std::string end = bound.has(2) ? Str(runtime, bound[2]) : "...";
  const auto number = [&bound](size_t i, Int otherwise) {
    return bound.has(i) && bound[i].is_integral() ? bound[i].as_int()
                                                  : otherwise;
  };
  const Int length = number(0, 255), leeway = number(3, 5);
  const Int end_length = CountCodePoints(end);
  const auto characters = SplitCodePoints(text);
  if (length < end_length) {
    return runtime.Fail(Cat("expected length >= ", IntText(end_length),
                            ", got ", IntText(length)));
  }
  if (leeway < 0) {
    return runtime.Fail(Cat("expected leeway >= 0, got ", IntText(leeway)));
  }
  if (Int(characters.size()) <= length ||
      Int(characters.size()) - length <= leeway) {
    return runtime.MakeString(text);
  }
  std::string cut;
  for (Int i = 0; i < length - end_length; ++i) {
    cut += characters[static_cast<size_t>(i)];
  }
  if (!bound.Flag(1, false)) {
    const size_t space = cut.rfind(' ');
    if (space != std::string::npos) cut.resize(space);
  }
  return runtime.MakeString(cut + end);
}

std::string QueryPart(Runtime& runtime, const Value& value) {
  return UrlQuote(Str(runtime, value), true);
}

Value UrlEncode(Runtime& runtime, const Value& value, const Args&) {
  if (!value.is_dict() && !value.is_list()) {
    return runtime.MakeString(UrlQuote(Str(runtime, value), false));
  }
  std::vector<std::pair<Value, Value>> pairs;
  if (value.is_dict()) {
    pairs = value.dict().entries;
  } else {
    for (const Value& pair : value.list().items) {
      const auto parts = Items(runtime, pair);
      if (parts.size() != 2) {
        return runtime.Fail("urlencode needs pairs of a name and a value");
      }
      pairs.emplace_back(parts[0], parts[1]);
    }
  }
  std::string out;
  for (const auto& [key, item] : pairs) {
    if (!out.empty()) out += '&';
    out += Cat(QueryPart(runtime, key), "=", QueryPart(runtime, item));
  }
  return runtime.MakeString(std::move(out));
}

Value XmlAttributes(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_xmlattr", "autospace=", args);
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (!value.is_dict()) {
    return runtime.Fail(
        Cat("'", value.TypeName(), "' object has no attribute 'items'"));
  }
  std::string out;
  for (const auto& [key, item] : value.dict().entries) {
    if (item.is_none() || item.is_undefined()) continue;
    const std::string name = Str(runtime, key);
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      return runtime.Fail(
          Cat("Invalid character in attribute name: ", Quoted(name)));
    }
    if (!out.empty()) out += ' ';
    const std::string text = Str(runtime, item);
    out += Cat(Escape(name), "=\"", IsMarkup(item) ? text : Escape(text), "\"");
  }
  if (bound.Flag(0, true) && !out.empty()) out = Cat(" ", out);
  return runtime.MakeString(std::move(out));
}

constexpr NamedFilter kFilters[] = {
    {"trim", Trim},
    {"lower", Mapped<Lower>},
    {"upper", Mapped<Upper>},
    {"capitalize", Mapped<Capitalize>},
    {"title", TitleFilter},
    {"string", ToText},
    {"safe", Safe},
    {"escape", EscapeFilter},
    {"e", EscapeFilter},
    {"forceescape", ForceEscape},
    {"striptags", StripTagsFilter},
    {"replace", ReplaceFilter},
    {"join", JoinFilter},
    {"indent", Indent},
    {"center", CenterFilter},
    {"format", FormatFilter},
    {"wordcount", WordCount},
    {"truncate", Truncate},
    {"urlencode", UrlEncode},
    {"xmlattr", XmlAttributes},
    {"tojson", ToJsonFilter},
};

}  // namespace

std::span<const NamedFilter> TextFilters() { return kFilters; }

}  // namespace mj::jinja
