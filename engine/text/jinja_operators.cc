#include "engine/text/jinja_operators.h"

#include <algorithm>

#include "engine/text/jinja_methods.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

bool ListsEqual(Runtime& runtime, const List& a, const List& b) {
  if (a.type != b.type || a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i) {
    if (!Equal(runtime, a.items[i], b.items[i])) return false;
  }
  return true;
}

bool DictsEqual(Runtime& runtime, const Dict& a, const Dict& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* other = b.Find(key);
    if (!other || !Equal(runtime, value, *other)) return false;
  }
  return true;
}

// Ints of the loop's kind: characters, then lengths.
bool ListLess(Runtime& runtime, const List& a, const List& b,
              std::string_view symbol) {
  const size_t size = std::min(a.items.size(), b.items.size());
  for (size_t i = 0; i < size; ++i) {
    if (!Equal(runtime, a.items[i], b.items[i])) {
      return Less(runtime, a.items[i], b.items[i], symbol);
    }
  }
  return a.items.size() < b.items.size();
}

std::string ObjectRepr(const Value& value) {
  if (value.is_none()) return "None";
  const bool is_namespace = value.TypeName() == "Namespace";
  return Cat(is_namespace ? "jinja2.utils.Namespace" : value.TypeName(),
             " object");
}

Value NoAttribute(const Value& value, std::string_view name) {
  return Value::MakeUndefined(
      Cat("'", ObjectRepr(value), "' has no attribute ", Quoted(name)));
}

Value NoElement(Runtime& runtime, const Value& value, const Value& key) {
  if (key.is_string()) return NoAttribute(value, key.text());
  return Value::MakeUndefined(
      Cat(ObjectRepr(value), " has no element ", Repr(runtime, key)));
}

Value ItemOfString(Runtime& runtime, const String& text, Int index) {
  if (text.ascii()) {
    return runtime.MakeString(std::string(1, text.bytes[(size_t)index]),
                              text.markup);
  }
  return SliceString(runtime, text, static_cast<int64_t>(index), 1, 1);
}

std::optional<Value> ItemAt(Runtime& runtime, const Value& value, Int index) {
  if (value.is_object()) return value.object()->GetItem(index);
  const auto length = static_cast<Int>(
      value.is_string() ? value.string().length : value.list().items.size());
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  if (value.is_string()) return ItemOfString(runtime, value.string(), index);
  return value.list().items[static_cast<size_t>(index)];
}

bool IsIndexable(const Value& value) {
  return value.is_string() || (value.is_list() && !value.list().is_view()) ||
         (value.is_object() && value.object()->subscriptable());
}

// slice.indices(): clamps as Python does. False: failed.
struct Range {
  Int start, stop, step;
  int64_t count;
};
std::optional<Range> Indices(Runtime& runtime, const Value& start,
                             const Value& stop, const Value& step, Int length) {
  const auto bad = [](const Value& v) {
    return !v.is_none() && !v.is_integral();
  };
  if (bad(start) || bad(stop) || bad(step)) {
    runtime.Fail(
        "slice indices must be integers or None or have an __index__ method");
    return std::nullopt;
  }
  Range r{};
  r.step = step.is_none() ? 1 : step.as_int();
  if (r.step == 0) {
    runtime.Fail("slice step cannot be zero");
    return std::nullopt;
  }
  const Int low = r.step < 0 ? -1 : 0;
  const Int high = r.step < 0 ? length - 1 : length;
  const auto clamp = [&](const Value& v, Int otherwise) {
    if (v.is_none()) return otherwise;
    const Int i = v.as_int();
    return i < 0 ? std::max(i < -length ? low : i + length, low)
                 : std::min(i, high);
  };
  r.start = clamp(start, r.step < 0 ? high : low);
  r.stop = clamp(stop, r.step < 0 ? low : high);
  const Int span = r.step < 0 ? r.start - r.stop : r.stop - r.start;
  const Int size = r.step < -length ? length + 1
                   : r.step < 0     ? -r.step
                                    : std::min(r.step, length + 1);
  r.step = r.step < 0 ? -size : size;
  r.count = span <= 0 ? 0 : static_cast<int64_t>((span + size - 1) / size);
  return r;
}

bool InString(Runtime& runtime, const Value& container, const Value& item) {
  if (item.is_string()) {
    return runtime.StepSearch(container.text().size(), item.text().size()) &&
           container.text().find(item.text()) != std::string::npos;
  }
  runtime.Fail(Cat("'in <string>' requires string as left operand, not ",
                   item.TypeName()));
  return false;
}

}  // namespace

bool Equal(Runtime& runtime, const Value& a, const Value& b) {
  if (!runtime.Step()) return false;
  if (a.is_integral() && b.is_integral()) return a.as_int() == b.as_int();
  if (a.is_number() && b.is_number()) return a.as_float() == b.as_float();
  if (a.is_string() && b.is_string()) return a.text() == b.text();
  if (a.is_list() && b.is_list())
    return ListsEqual(runtime, a.list(), b.list());
  if (a.is_dict() && b.is_dict())
    return DictsEqual(runtime, a.dict(), b.dict());
  return a.SameAs(b);
}

bool Less(Runtime& runtime, const Value& a, const Value& b,
          std::string_view symbol) {
  if (!runtime.Step()) return false;
  if (a.is_integral() && b.is_integral()) return a.as_int() < b.as_int();
  if (a.is_number() && b.is_number()) return a.as_float() < b.as_float();
  // UTF-8 sorts as its code points do.
  if (a.is_string() && b.is_string()) return a.text() < b.text();
  if (a.is_list() && b.is_list() && a.list().type == b.list().type &&
      !a.list().is_view()) {
    return ListLess(runtime, a.list(), b.list(), symbol);
  }
  if (a.is_undefined() || b.is_undefined()) {
    runtime.FailUndefined(a.is_undefined() ? a : b);
  } else {
    runtime.Fail(Cat("'", symbol, "' not supported between instances of '",
                     a.TypeName(), "' and '", b.TypeName(), "'"));
  }
  return false;
}

bool Contains(Runtime& runtime, const Value& container, const Value& item) {
  if (container.is_string()) return InString(runtime, container, item);
  if (container.is_dict()) {
    std::string key;
    if (AppendHashKey(item, key)) return container.dict().Find(item) != nullptr;
    runtime.Fail(Cat("unhashable type: '", item.TypeName(), "'"));
    return false;
  }
  const bool iterable =
      container.is_undefined() || container.is_list() ||
      (container.is_object() && container.object()->iterable());
  if (!iterable) {
    runtime.Fail(
        Cat("argument of type '", container.TypeName(), "' is not iterable"));
    return false;
  }
  for (const Value& one : Items(runtime, container)) {
    if (!runtime.ok()) return false;
    if (Equal(runtime, one, item)) return true;
  }
  return false;
}

bool Compare(Runtime& runtime, Operator op, const Value& a, const Value& b) {
  const auto is_nan = [](const Value& v) {
    return v.is_float() && v.as_float() != v.as_float();
  };
  switch (op) {
    case Operator::kEqual:
      return Equal(runtime, a, b);
    case Operator::kNotEqual:
      return !Equal(runtime, a, b);
    case Operator::kLess:
      return Less(runtime, a, b, "<");
    case Operator::kGreater:
      if (a.is_undefined() || b.is_undefined()) return Less(runtime, a, b, ">");
      if (!Equal(runtime, a, b) && !is_nan(a) && !is_nan(b)) {
        return !Less(runtime, a, b, ">");
      }
      return Less(runtime, a, b, ">") && false;
    case Operator::kLessEqual:
      return Less(runtime, a, b, "<=") || Equal(runtime, a, b);
    case Operator::kGreaterEqual:
      return !Less(runtime, a, b, ">=") && !is_nan(a) && !is_nan(b);
    case Operator::kIn:
      return Contains(runtime, b, a);
    default:
      return !Contains(runtime, b, a);
  }
}

std::vector<Value> Items(Runtime& runtime, const Value& value) {
  std::vector<Value> out;
  if (value.is_list()) {
    out = value.list().items;
  } else if (value.is_dict()) {
    for (const auto& [key, item] : value.dict().entries) out.push_back(key);
  } else if (value.is_string()) {
    if (!runtime.Charge(value.text().size() * 2 * sizeof(Value))) return {};
    for (std::string_view c : SplitCodePoints(value.text())) {
      out.push_back(runtime.MakeString(std::string(c)));
    }
  } else if (value.is_object()) {
    value.object()->AppendItems(runtime, out);
  } else if (!value.is_undefined()) {
    runtime.Fail(Cat("'", value.TypeName(), "' object is not iterable"));
  }
  runtime.Charge(out.size() * sizeof(Value));
  return out;
}

std::optional<int64_t> Length(const Value& value) {
  if (value.is_undefined()) return 0;
  if (value.is_string()) return value.string().length;
  if (value.is_list()) return static_cast<int64_t>(value.list().items.size());
  if (value.is_dict()) return static_cast<int64_t>(value.dict().entries.size());
  return value.is_object() ? value.object()->Length() : std::nullopt;
}

Value GetAttribute(Runtime& runtime, const Value& value,
                   std::string_view name) {
  if (!runtime.ok()) return Value();
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (value.is_object()) {
    auto found = value.object()->GetAttribute(runtime, name);
    return found ? *found : NoAttribute(value, name);
  }
  if (auto method = FindMethod(runtime, value, name)) return *method;
  if (value.is_dict()) {
    if (const Value* item = value.dict().Find(name)) return *item;
  }
  return NoAttribute(value, name);
}

Value GetItem(Runtime& runtime, const Value& value, const Value& key) {
  if (!runtime.ok()) return Value();
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (value.is_dict()) {
    if (const Value* item = value.dict().Find(key)) return *item;
  } else if (key.is_integral() && IsIndexable(value)) {
    if (auto item = ItemAt(runtime, value, key.as_int())) return *item;
  }
  if (!key.is_string()) return NoElement(runtime, value, key);
  if (value.is_object()) {
    auto found = value.object()->GetAttribute(runtime, key.text());
    return found ? *found : NoAttribute(value, key.text());
  }
  auto method = FindMethod(runtime, value, key.text());
  return method ? *method : NoAttribute(value, key.text());
}

Value SliceString(Runtime& runtime, const String& text, int64_t start,
                  int64_t step, int64_t count) {
  if (!runtime.Charge(text.bytes.size())) return Value();
  std::string out;
  if (text.ascii()) {
    for (; count > 0; --count, start += step) out += text.bytes[start];
  } else {
    const auto characters = SplitCodePoints(text.bytes);
    for (; count > 0; --count, start += step) out += characters[start];
  }
  return runtime.MakeString(std::move(out), text.markup);
}

Value Slice(Runtime& runtime, const Value& value, const Value& start,
            const Value& stop, const Value& step) {
  if (!runtime.ok()) return Value();
  if (value.is_undefined()) return runtime.FailUndefined(value);
  if (value.is_dict()) return runtime.Fail("unhashable type: 'slice'");
  const bool is_range = value.TypeName() == "range";
  if (!value.is_string() && !is_range &&
      (!value.is_list() || value.list().is_view())) {
    return runtime.Fail(
        Cat("'", value.TypeName(), "' object is not subscriptable"));
  }
  const auto range = Indices(runtime, start, stop, step, Int{*Length(value)});
  if (!range) return Value();
  if (value.is_string()) {
    return SliceString(runtime, value.string(),
                       static_cast<int64_t>(range->start),
                       static_cast<int64_t>(range->step), range->count);
  }
  const auto items = Items(runtime, value);
  std::vector<Value> out;
  Int at = range->start;
  for (int64_t i = 0; i < range->count && runtime.ok(); ++i) {
    out.push_back(items[static_cast<size_t>(at)]);
    at += range->step;
  }
  return runtime.MakeList(std::move(out),
                          is_range ? ListType::kList : value.list().type);
}

}  // namespace mj::jinja
