#include "engine/text/jinja_json.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

Value FromObject(Runtime& runtime, const nlohmann::ordered_json& json,
                 int depth) {
  Dict dict;
  for (const auto& [key, value] : json.items()) {
    if (!runtime.ok()) return Value();
    dict.Set(runtime.MakeString(key), FromJson(runtime, value, depth + 1));
  }
  return runtime.MakeDict(std::move(dict));
}

Value FromArray(Runtime& runtime, const nlohmann::ordered_json& json,
                int depth) {
  std::vector<Value> items;
  for (const auto& item : json) {
    if (!runtime.ok()) return Value();
    items.push_back(FromJson(runtime, item, depth + 1));
  }
  return runtime.MakeList(std::move(items));
}

class Writer final {
 public:
  Writer(Runtime& runtime, const Bound& bound) : runtime_(runtime) {
    ascii_ = bound.Flag(0, false);
    sort_ = bound.Flag(3, false);
    ReadIndent(bound[1]);
    ReadSeparators(bound[2]);
  }

  void Write(const Value& value, int level);
  std::string Take() { return std::move(out_); }

 private:
  void ReadIndent(const Value& indent);
  void ReadSeparators(const Value& separators);
  void Line(int level);
  void WriteString(std::string_view text);
  void WriteEscape(int32_t unit);
  void WriteList(const List& list, int level);
  void WriteDict(const Dict& dict, int level);
  bool WriteKey(const Value& key);
  std::vector<const std::pair<Value, Value>*> Entries(const Dict& dict);

  Runtime& runtime_;
  std::string out_;
  std::optional<std::string> indent_;
  std::string item_separator_ = ", ", key_separator_ = ": ";
  bool ascii_ = false, sort_ = false;
};

void Writer::ReadIndent(const Value& indent) {
  constexpr Int kMaxIndent = 1000;
  if (indent.is_integral()) {
    indent_ = std::string(
        static_cast<size_t>(std::clamp<Int>(indent.as_int(), 0, kMaxIndent)),
        ' ');
  } else if (indent.is_string()) {
    indent_ = indent.text();
  }
  if (indent_) item_separator_.assign(1, ',');
}

void Writer::ReadSeparators(const Value& separators) {
  if (separators.is_none() || separators.is_undefined()) return;
  const auto parts = Items(runtime_, separators);
  if (parts.size() != 2 || !parts[0].is_string() || !parts[1].is_string()) {
    runtime_.Fail("tojson: separators must be two strings");
    return;
  }
  item_separator_ = parts[0].text();
  key_separator_ = parts[1].text();
}

void Writer::Line(int level) {
  if (!indent_) return;
  out_ += '\n';
  for (; level > 0; --level) out_ += *indent_;
}

void Writer::WriteEscape(int32_t unit) {
  char text[16];
  std::snprintf(text, sizeof(text), "\\u%04x", static_cast<unsigned>(unit));
  out_ += text;
}

void Writer::WriteString(std::string_view text) {
  constexpr std::string_view kFrom = "\"\\\n\r\t\f\b", kTo = "\"\\nrtfb";
  out_ += '"';
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = DecodeAt(text, pos);
    const size_t simple = c.value > 0 && c.value < 0x80
                              ? kFrom.find(static_cast<char>(c.value))
                              : std::string_view::npos;
    if (simple != std::string_view::npos) {
      out_ += '\\';
      out_ += kTo[simple];
    } else if (c.value >= 0 && (c.value < 0x20 || (ascii_ && c.value > 0x7E &&
                                                   c.value < 0x10000))) {
      if (c.value == 0x7F) {
        out_ += text[pos];
      } else {
        WriteEscape(c.value);
      }
    } else if (ascii_ && c.value >= 0x10000) {
      WriteEscape(0xD800 + ((c.value - 0x10000) >> 10));
      WriteEscape(0xDC00 + ((c.value - 0x10000) & 0x3FF));
    } else {
      out_ += text.substr(pos, c.size);
    }
    pos += c.size;
  }
  out_ += '"';
}

void Writer::WriteList(const List& list, int level) {
  if (list.items.empty()) {
    out_ += "[]";
    return;
  }
  out_ += '[';
  for (size_t i = 0; i < list.items.size() && runtime_.ok(); ++i) {
    if (i > 0) out_ += item_separator_;
    Line(level + 1);
    Write(list.items[i], level + 1);
  }
  Line(level);
  out_ += ']';
}

bool Writer::WriteKey(const Value& key) {
  if (key.is_string()) {
    WriteString(key.text());
  } else if (key.is_bool() || key.is_none()) {
    out_ += key.is_none()   ? "\"null\""
            : key.as_bool() ? "\"true\""
                            : "\"false\"";
  } else if (key.is_number()) {
    out_ += Cat("\"", Str(runtime_, key), "\"");
  } else {
    runtime_.Fail(Cat("keys must be str, int, float, bool or None, not ",
                      key.TypeName()));
  }
  return runtime_.ok();
}

std::vector<const std::pair<Value, Value>*> Writer::Entries(const Dict& dict) {
  std::vector<const std::pair<Value, Value>*> entries;
  for (const auto& entry : dict.entries) entries.push_back(&entry);
  if (sort_) {
    std::stable_sort(entries.begin(), entries.end(),
                     [this](const auto* a, const auto* b) {
                       return Less(runtime_, a->first, b->first);
                     });
  }
  return entries;
}

void Writer::WriteDict(const Dict& dict, int level) {
  if (dict.entries.empty()) {
    out_ += "{}";
    return;
  }
  out_ += '{';
  bool first = true;
  for (const auto* entry : Entries(dict)) {
    if (!first) out_ += item_separator_;
    first = false;
    Line(level + 1);
    if (!WriteKey(entry->first)) return;
    out_ += key_separator_;
    Write(entry->second, level + 1);
  }
  Line(level);
  out_ += '}';
}

void Writer::Write(const Value& value, int level) {
  if (!runtime_.Step()) return;
  if (out_.size() > runtime_.limits().object_bytes) {
    runtime_.Charge(out_.size());
  } else if (value.is_string()) {
    WriteString(value.text());
  } else if (value.is_none()) {
    out_ += "null";
  } else if (value.is_bool()) {
    out_ += value.as_bool() ? "true" : "false";
  } else if (value.is_float() && !std::isfinite(value.as_float())) {
    const double d = value.as_float();
    out_ += std::isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity";
  } else if (value.is_number()) {
    out_ += Str(runtime_, value);
  } else if (value.is_dict()) {
    WriteDict(value.dict(), level);
  } else if (value.is_list() && !value.list().is_view()) {
    WriteList(value.list(), level);
  } else {
    runtime_.Fail(
        Cat("Object of type ", value.TypeName(), " is not JSON serializable"));
  }
}

}  // namespace

Value FromJson(Runtime& runtime, const nlohmann::ordered_json& json,
               int depth) {
  if (depth > runtime.limits().nesting) {
    return runtime.FailLimit("nested values", runtime.limits().nesting);
  }
  using Type = nlohmann::ordered_json::value_t;
  switch (json.type()) {
    case Type::null:
      return Value::None{};
    case Type::boolean:
      return json.get<bool>();
    case Type::number_integer:
      return json.get<int64_t>();
    case Type::number_unsigned:
      return Int{json.get<uint64_t>()};
    case Type::number_float:
      return json.get<double>();
    case Type::string:
      return runtime.MakeString(json.get_ref<const std::string&>());
    case Type::array:
      return FromArray(runtime, json, depth);
    case Type::object:
      return FromObject(runtime, json, depth);
    default:
      return Value();
  }
}

Value ToJsonFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "tojson",
                    "ensure_ascii= indent= separators= sort_keys=", args);
  Writer writer(runtime, bound);
  writer.Write(value, 0);
  return runtime.MakeString(writer.Take());
}

}  // namespace mj::jinja
