#include "engine/text/jinja_methods.h"

#include <algorithm>
#include <span>

#include "engine/text/jinja_function.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

struct NamedMethod {
  std::string_view name;
  MethodFn function;
};

Value Index(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "index", "value start= stop=", args);
  const auto& items = self.list().items;
  for (size_t i = 0; i < items.size() && runtime.ok(); ++i) {
    if (Equal(runtime, items[i], bound[0])) return static_cast<int64_t>(i);
  }
  return runtime.Fail(self.list().type == ListType::kTuple
                          ? "tuple.index(x): x not in tuple"
                          : Cat(Repr(runtime, bound[0]), " is not in list"));
}

Value Count(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "count", "value", args);
  int64_t count = 0;
  for (const Value& item : self.list().items) {
    if (!runtime.ok()) break;
    count += Equal(runtime, item, bound[0]) ? 1 : 0;
  }
  return count;
}

Value CopyList(Runtime& runtime, const Value& self, const Args&) {
  return runtime.MakeList(self.list().items);
}

Value View(Runtime& runtime, const Value& self, ListType type) {
  std::vector<Value> items;
  for (const auto& [key, value] : self.dict().entries) {
    if (type == ListType::kItems) {
      items.push_back(runtime.MakeTuple({key, value}));
    } else {
      items.push_back(type == ListType::kKeys ? key : value);
    }
  }
  return runtime.MakeList(std::move(items), type);
}

Value DictItems(Runtime& runtime, const Value& self, const Args&) {
  return View(runtime, self, ListType::kItems);
}
Value DictKeys(Runtime& runtime, const Value& self, const Args&) {
  return View(runtime, self, ListType::kKeys);
}
Value DictValues(Runtime& runtime, const Value& self, const Args&) {
  return View(runtime, self, ListType::kValues);
}
Value DictCopy(Runtime&, const Value& self, const Args&) { return self; }

Value DictGet(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "get", "key default=", args);
  if (const Value* value = self.dict().Find(bound[0])) return *value;
  return bound.has(1) ? bound[1] : Value(Value::None{});
}

MethodFn Find(std::span<const NamedMethod> methods, std::string_view name) {
  for (const NamedMethod& method : methods) {
    if (method.name == name) return method.function;
  }
  return nullptr;
}

// What the sandbox knows as changing the value, or as internal.
bool IsForbidden(const Value& self, std::string_view name) {
  static constexpr std::string_view kList[] = {"append",  "clear", "extend",
                                               "insert",  "pop",   "remove",
                                               "reverse", "sort"};
  static constexpr std::string_view kDict[] = {"clear", "pop", "popitem",
                                               "setdefault", "update"};
  static constexpr std::string_view kInternal[] = {
      "__class__", "__dict__",    "__doc__",          "__init__",
      "__len__",   "__eq__",      "__getattribute__", "__contains__",
      "__iter__",  "__getitem__", "__hash__",         "__str__",
      "__repr__",  "__reduce__",  "__subclasshook__"};
  const auto has = [name](std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has(kInternal)) return true;
  if (self.is_dict()) return has(kDict);
  return self.is_list() && self.list().type == ListType::kList && has(kList);
}

}  // namespace

MethodFn FindSequenceMethod(std::string_view name) {
  static constexpr NamedMethod kMethods[] = {
      {"index", Index}, {"count", Count}, {"copy", CopyList}};
  return Find(kMethods, name);
}

MethodFn FindDictMethod(std::string_view name) {
  static constexpr NamedMethod kMethods[] = {{"items", DictItems},
                                             {"keys", DictKeys},
                                             {"values", DictValues},
                                             {"get", DictGet},
                                             {"copy", DictCopy}};
  return Find(kMethods, name);
}

std::optional<Value> FindMethod(Runtime& runtime, const Value& self,
                                std::string_view name) {
  if (IsForbidden(self, name)) {
    return Value::MakeUndefined(Cat("access to attribute ", Quoted(name),
                                    " of '", self.TypeName(),
                                    "' object is unsafe."));
  }
  MethodFn method = nullptr;
  if (self.is_string()) {
    method = FindStringMethod(name);
  } else if (self.is_dict()) {
    method = FindDictMethod(name);
  } else if (self.is_list() && !self.list().is_view()) {
    method = FindSequenceMethod(name);
    if (name == "copy" && self.list().type == ListType::kTuple) {
      return std::nullopt;
    }
  }
  if (!method || !runtime.Charge(sizeof(Function))) return std::nullopt;
  return Value(std::shared_ptr<Object>(std::make_shared<Function>(
      std::string(name),
      [self, method](Runtime& r, const Args& args) {
        return method(r, self, args);
      },
      1 + self.depth())));
}

}  // namespace mj::jinja
