// Filters that choose or order items by what an attribute, a filter or a test
// makes of them.
#include <algorithm>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_generator.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

bool IsIndex(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

// The arguments without the first positional one.
Args Rest(const Args& args) {
  Args rest = args;
  rest.positional.erase(rest.positional.begin());
  return rest;
}

const Value* FindNamed(const Args& args, std::string_view name) {
  for (const auto& [key, value] : args.named) {
    if (key == name) return &value;
  }
  return nullptr;
}

Value MapFilter(Runtime& runtime, const Value& value, const Args& args) {
  const Value* attribute = FindNamed(args, "attribute");
  const Value* otherwise = FindNamed(args, "default");
  const bool by_attribute = args.positional.empty() && attribute;
  if (!value.Truthy()) return Generator::Make(runtime, {});
  if (args.positional.empty() && !attribute) {
    return runtime.Fail("map requires a filter argument");
  }
  const std::string name = by_attribute ? "" : Str(runtime, args.positional[0]);
  const Args rest = by_attribute ? Args() : Rest(args);
  std::vector<Value> out;
  for (const Value& item : Items(runtime, value)) {
    if (!runtime.ok()) return Value();
    out.push_back(by_attribute ? GetPath(runtime, item, *attribute, otherwise)
                               : ApplyFilter(runtime, name, item, rest));
  }
  return Generator::Make(runtime, std::move(out));
}

// select, reject, selectattr, rejectattr
template <bool kWanted, bool kByAttribute>
Value Select(Runtime& runtime, const Value& value, const Args& args) {
  if (!value.Truthy()) return Generator::Make(runtime, {});
  if (kByAttribute && args.positional.empty()) {
    return runtime.Fail("Missing parameter for attribute name");
  }
  const Args rest = kByAttribute ? Rest(args) : args;
  const bool has_test = !rest.positional.empty();
  const std::string test = has_test ? Str(runtime, rest.positional[0]) : "";
  const Args test_args = has_test ? Rest(rest) : Args();
  std::vector<Value> out;
  for (const Value& item : Items(runtime, value)) {
    if (!runtime.ok()) return Value();
    const Value subject =
        kByAttribute ? GetPath(runtime, item, args.positional[0]) : item;
    const bool passes = has_test ? ApplyTest(runtime, test, subject, test_args)
                                 : subject.Truthy();
    if (passes == kWanted) out.push_back(item);
  }
  return Generator::Make(runtime, std::move(out));
}

Value Folded(Runtime& runtime, const Value& value, bool case_sensitive) {
  if (case_sensitive || !value.is_string()) return value;
  return runtime.MakeString(Lower(value.text()));
}

struct Keyed {
  Value key;
  Value item;
};

std::vector<Keyed> WithKeys(Runtime& runtime, const Value& value,
                            const Value& attribute, bool case_sensitive,
                            const Value* otherwise = nullptr) {
  std::vector<Keyed> out;
  for (Value& item : Items(runtime, value)) {
    if (!runtime.ok()) break;
    const bool direct = attribute.is_none() || attribute.is_undefined();
    const Value key =
        direct ? item : GetPath(runtime, item, attribute, otherwise);
    out.push_back({Folded(runtime, key, case_sensitive), std::move(item)});
  }
  return out;
}

// A merge sort, which stays within bounds when a comparison fails.
void SortKeyed(Runtime& runtime, std::vector<Keyed>& items, bool reverse) {
  // Python's reverse keeps the order of equal items, too.
  std::stable_sort(items.begin(), items.end(),
                   [&](const Keyed& a, const Keyed& b) {
                     return reverse ? Less(runtime, b.key, a.key)
                                    : Less(runtime, a.key, b.key);
                   });
}

// "a,b.c": the keys of a sort, one tuple an item.
Value SortKey(Runtime& runtime, const Value& item, const Value& attribute,
              bool case_sensitive) {
  if (!attribute.is_string()) {
    const bool direct = attribute.is_none() || attribute.is_undefined();
    return Folded(runtime, direct ? item : GetPath(runtime, item, attribute),
                  case_sensitive);
  }
  std::vector<Value> keys;
  std::string_view rest = attribute.text();
  while (runtime.ok()) {
    const size_t comma = rest.find(',');
    const Value path = runtime.MakeString(std::string(rest.substr(0, comma)));
    keys.push_back(
        Folded(runtime, GetPath(runtime, item, path), case_sensitive));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return runtime.MakeList(std::move(keys));
}

Value Sort(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_sort",
                    "reverse= case_sensitive= attribute=", args);
  std::vector<Keyed> items;
  for (Value& item : Items(runtime, value)) {
    if (!runtime.ok()) return Value();
    Value key = SortKey(runtime, item, bound[2], bound.Flag(1, false));
    items.push_back({std::move(key), std::move(item)});
  }
  SortKeyed(runtime, items, bound.Flag(0, false));
  std::vector<Value> out;
  for (Keyed& item : items) out.push_back(std::move(item.item));
  return runtime.MakeList(std::move(out));
}

// dictsort(value, case_sensitive=False, by='key', reverse=False)
Value DictSort(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_dictsort",
                    "case_sensitive= by= reverse=", args);
  const std::string by = bound.has(1) ? Str(runtime, bound[1]) : "key";
  if (by != "key" && by != "value") {
    return runtime.Fail("You can only sort by either \"key\" or \"value\"");
  }
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (!value.is_dict()) {
    return runtime.Fail(
        Cat("'", value.TypeName(), "' object has no attribute 'items'"));
  }
  std::vector<Keyed> items;
  for (const auto& [key, item] : value.dict().entries) {
    items.push_back(
        {Folded(runtime, by == "key" ? key : item, bound.Flag(0, false)),
         runtime.MakeTuple({key, item})});
  }
  SortKeyed(runtime, items, bound.Flag(2, false));
  std::vector<Value> out;
  for (Keyed& item : items) out.push_back(std::move(item.item));
  return runtime.MakeList(std::move(out));
}

Value Unique(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_unique", "case_sensitive= attribute=", args);
  Dict seen;
  std::vector<Value> out;
  for (const Keyed& item :
       WithKeys(runtime, value, bound[1], bound.Flag(0, false))) {
    if (seen.Find(item.key)) continue;
    if (!seen.Set(item.key, true)) {
      return runtime.Fail(Cat("unhashable type: '", item.key.TypeName(), "'"));
    }
    out.push_back(item.item);
  }
  return Generator::Make(runtime, std::move(out));
}

template <bool kMax>
Value Extreme(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_min", "case_sensitive= attribute=", args);
  const auto items = WithKeys(runtime, value, bound[1], bound.Flag(0, false));
  if (items.empty()) {
    return Value::MakeUndefined("No aggregated item, sequence was empty.");
  }
  const Keyed* best = &items[0];
  for (const Keyed& item : items) {
    if (&item == best) continue;
    const bool better = kMax ? Less(runtime, best->key, item.key, ">")
                             : Less(runtime, item.key, best->key);
    if (better) best = &item;
  }
  return best->item;
}

// groupby(value, attribute, default=None, case_sensitive=False)
Value GroupBy(Runtime& runtime, const Value& value, const Args& args) {
  const Bound bound(runtime, "do_groupby",
                    "attribute default= case_sensitive=", args);
  if (!runtime.ok()) return Value();
  const Value* otherwise = bound.has(1) ? &bound[1] : nullptr;
  const bool case_sensitive = bound.Flag(2, false);
  auto items = WithKeys(runtime, value, bound[0], case_sensitive, otherwise);
  SortKeyed(runtime, items, false);
  std::vector<Value> groups;
  for (size_t from = 0; from < items.size() && runtime.ok();) {
    std::vector<Value> group;
    size_t to = from;
    while (to < items.size() &&
           Equal(runtime, items[from].key, items[to].key)) {
      group.push_back(items[to++].item);
    }
    if (to == from) break;  // NaN, or failed
    Value key = case_sensitive
                    ? items[from].key
                    : GetPath(runtime, items[from].item, bound[0], otherwise);
    groups.push_back(runtime.MakeTuple(
        {std::move(key), runtime.MakeList(std::move(group))}));
    from = to;
  }
  return runtime.MakeList(std::move(groups));
}

constexpr NamedFilter kFilters[] = {
    {"map", MapFilter},
    {"select", Select<true, false>},
    {"reject", Select<false, false>},
    {"selectattr", Select<true, true>},
    {"rejectattr", Select<false, true>},
    {"sort", Sort},
    {"dictsort", DictSort},
    {"unique", Unique},
    {"min", Extreme<false>},
    {"max", Extreme<true>},
    {"groupby", GroupBy},
};

}  // namespace

std::span<const NamedFilter> SelectionFilters() { return kFilters; }

Value GetPath(Runtime& runtime, const Value& value, const Value& path,
              const Value* otherwise) {
  if (!path.is_string()) {
    const Value item = GetItem(runtime, value, path);
    return otherwise && item.is_undefined() ? *otherwise : item;
  }
  Value item = value;
  std::string_view rest = path.text();
  while (runtime.ok()) {
    const size_t dot = rest.find('.');
    const std::string part(rest.substr(0, dot));
    Int index = 0;
    if (IsIndex(part) && part.size() < 18) index = std::stoll(part);
    item = GetItem(runtime, item,
                   IsIndex(part) ? Value(index) : runtime.MakeString(part));
    if (otherwise && !otherwise->is_none() && item.is_undefined()) {
      item = *otherwise;
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return item;
}

}  // namespace mj::jinja
