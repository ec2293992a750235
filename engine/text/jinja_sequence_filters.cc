// Filters on whole sequences: their ends, size, order and parts.
#include <algorithm>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_generator.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

Value LengthFilter(Runtime& runtime, const Value& value, const Args&) {
  if (const auto length = Length(value)) return *length;
  return runtime.Fail(
      Cat("object of type '", value.TypeName(), "' has no len()"));
}

Value First(Runtime& runtime, const Value& value, const Args&) {
  if (auto* generator = value.As<Generator>()) {
    if (auto item = generator->Next()) return *item;
  } else {
    const auto items = Items(runtime, value);
    if (!items.empty()) return items.front();
  }
  return Value::MakeUndefined("No first item, sequence was empty.");
}

Value Last(Runtime& runtime, const Value& value, const Args&) {
  if (value.As<Generator>()) {
    return runtime.Fail("'generator' object is not reversible");
  }
  const auto items = Items(runtime, value);
  if (!items.empty()) return items.back();
  return Value::MakeUndefined("No last item, sequence was empty.");
}

Value ToList(Runtime& runtime, const Value& value, const Args&) {
  return runtime.MakeList(Items(runtime, value));
}

Value Reverse(Runtime& runtime, const Value& value, const Args&) {
  if (value.is_string()) {
    const int64_t length = value.string().length;
    return SliceString(runtime, value.string(), length - 1, -1, length);
  }
  auto items = Items(runtime, value);
  std::reverse(items.begin(), items.end());
  return value.As<Generator>() ? runtime.MakeList(std::move(items))
                               : Generator::Make(runtime, std::move(items));
}

Value ItemsFilter(Runtime& runtime, const Value& value, const Args&) {
  if (value.is_undefined()) return Generator::Make(runtime, {});
  if (!value.is_dict()) {
    return runtime.Fail("Can only get item pairs from a mapping.");
  }
  std::vector<Value> pairs;
  for (const auto& [key, item] : value.dict().entries) {
    pairs.push_back(runtime.MakeTuple({key, item}));
  }
  return Generator::Make(runtime, std::move(pairs));
}

// default(value, default_value='', boolean=False)
Value Default(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_default", "default_value= boolean=", args);
  if (!value.is_undefined() && (value.Truthy() || !bound.Flag(1, false))) {
    return value;
  }
  return bound.has(0) ? bound[0] : runtime.MakeString("");
}

// The size that batch and slice take; 0: failed.
size_t PartSize(Runtime& runtime, const Value& value) {
  if (value.is_integral() && value.as_int() > 0 &&
      value.as_int() <= Int(runtime.limits().object_bytes / sizeof(Value))) {
    return static_cast<size_t>(value.as_int());
  }
  runtime.Fail(Cat("a number of parts is needed, not ", Repr(runtime, value)));
  return 0;
}

Value Batch(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_batch", "linecount fill_with=", args);
  const size_t size = runtime.ok() ? PartSize(runtime, bound[0]) : 0;
  if (size == 0) return Value();
  const auto items = Items(runtime, value);
  std::vector<Value> lines;
  for (size_t from = 0; from < items.size() && runtime.ok(); from += size) {
    const size_t to = std::min(from + size, items.size());
    std::vector<Value> line(items.begin() + from, items.begin() + to);
    if (bound.has(1) && !bound[1].is_none()) line.resize(size, bound[1]);
    lines.push_back(runtime.MakeList(std::move(line)));
  }
  return Generator::Make(runtime, std::move(lines));
}

Value SliceFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_slice", "slices fill_with=", args);
  const size_t count = runtime.ok() ? PartSize(runtime, bound[0]) : 0;
  if (count == 0) return Value();
  const auto items = Items(runtime, value);
  const size_t size = items.size() / count, rest = items.size() % count;
  const bool fills = bound.has(1) && !bound[1].is_none();
  std::vector<Value> parts;
  size_t from = 0;
  for (size_t i = 0; i < count && runtime.Step(); ++i) {
    const size_t to = from + size + (i < rest ? 1 : 0);
    std::vector<Value> part(items.begin() + from, items.begin() + to);
    if (fills && i >= rest) part.push_back(bound[1]);
    parts.push_back(runtime.MakeList(std::move(part)));
    from = to;
  }
  return Generator::Make(runtime, std::move(parts));
}

Value Sum(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_sum", "attribute= start=", args);
  Value sum = bound.has(1) ? bound[1] : Value(0);
  if (sum.is_string()) {
    return runtime.Fail("sum() can't sum strings [use ''.join(seq) instead]");
  }
  for (const Value& item : Items(runtime, value)) {
    if (!runtime.ok()) return Value();
    const bool has_path = bound.has(0) && !bound[0].is_none();
    sum = Arithmetic(runtime, Operator::kAdd, sum,
                     has_path ? GetPath(runtime, item, bound[0]) : item);
  }
  return sum;
}

Value Attribute(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_attr", "name", args);
  if (!runtime.ok()) return Value();
  const std::string name = Str(runtime, bound[0]);
  const Value found = GetAttribute(runtime, value, name);
  const bool is_item = value.is_dict() && !found.is_object();
  if (!is_item) return found;
  return Value::MakeUndefined(
      Cat("'dict object' has no attribute ", Quoted(name)));
}

constexpr NamedFilter kFilters[] = {
    {"length", LengthFilter}, {"count", LengthFilter}, {"first", First},
    {"last", Last},           {"list", ToList},        {"reverse", Reverse},
    {"items", ItemsFilter},   {"default", Default},    {"d", Default},
    {"batch", Batch},         {"slice", SliceFilter},  {"sum", Sum},
    {"attr", Attribute},
};

}  // namespace

std::span<const NamedFilter> SequenceFilters() { return kFilters; }

FilterFn FindFilter(std::string_view name) {
  for (const auto filters : {TextFilters(), NumberFilters(), SequenceFilters(),
                             SelectionFilters()}) {
    for (const NamedFilter& filter : filters) {
      if (filter.name == name) return filter.function;
    }
  }
  return nullptr;
}

Value ApplyFilter(Runtime& runtime, std::string_view name, const Value& value,
                  const Args& args) {
  const FilterFn filter = FindFilter(name);
  if (!filter) {
    return runtime.Fail(Cat("No filter named ", Quoted(name), " found."));
  }
  const Value result = filter(runtime, value, args);
  return runtime.ok() ? result : Value();
}

}  // namespace mj::jinja
