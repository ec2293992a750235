// The global functions.
#include <algorithm>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_function.h"
#include "engine/text/jinja_namespace.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_range.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_strftime.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

// dict(pairs or mapping, name=value, ...)
Dict MakeDict(Runtime& runtime, const Args& args) {
  Dict dict;
  if (args.positional.size() > 1) {
    runtime.Fail(
        Cat("dict expected at most 1 argument, got ", args.positional.size()));
  } else if (!args.positional.empty() && args.positional[0].is_dict()) {
    dict = args.positional[0].dict();
  } else if (!args.positional.empty()) {
    for (const Value& pair : Items(runtime, args.positional[0])) {
      const auto parts = Items(runtime, pair);
      if (!runtime.ok()) break;
      if (parts.size() != 2 || !dict.Set(parts[0], parts[1])) {
        runtime.Fail("dict() needs pairs of a hashable key and a value");
      }
    }
  }
  for (const auto& [name, value] : args.named) dict.Set(name, value);
  return dict;
}

Value MakeDictValue(Runtime& runtime, const Args& args) {
  return runtime.MakeDict(MakeDict(runtime, args));
}

Value MakeNamespace(Runtime& runtime, const Args& args) {
  return runtime.Keep(std::make_shared<Namespace>(MakeDict(runtime, args)));
}

Value RaiseException(Runtime& runtime, const Args& args) {
  const Bound bound(runtime, "raise_exception", "message", args);
  return runtime.FailRaised(Str(runtime, bound[0]));
}

Value StrftimeNow(Runtime& runtime, const Args& args) {
  const Bound bound(runtime, "strftime_now", "format", args);
  if (!runtime.ok()) return Value();
  if (!bound[0].is_string()) {
    return runtime.Fail(
        Cat("strftime() argument 1 must be str, not ", bound[0].TypeName()));
  }
  return runtime.MakeString(
      Strftime(bound[0].text(), runtime.Now(), runtime.zone()));
}

class Cycler final : public Object {
 public:
  explicit Cycler(std::vector<Value> items) : items_(std::move(items)) {}
  std::string TypeName() const override { return "Cycler"; }
  std::string Repr(Runtime&) const override { return "<Cycler>"; }
  std::optional<Value> GetAttribute(Runtime& runtime,
                                    std::string_view name) override {
    if (name == "current") return items_[at_];
    if (name == "next") {
      return runtime.Keep(std::make_shared<Function>(
          "next", [this](Runtime& r, const Args&) { return Next(r); }));
    }
    if (name == "reset") {
      return runtime.Keep(std::make_shared<Function>(
          "reset", [this](Runtime&, const Args&) -> Value {
            at_ = 0;
            return Value::None{};
          }));
    }
    return std::nullopt;
  }
  void Release() override { items_.clear(); }

 private:
  Value Next(Runtime& runtime) {
    if (!runtime.ok()) return Value();
    Value value = items_[at_];
    at_ = (at_ + 1) % items_.size();
    return value;
  }
  std::vector<Value> items_;
  size_t at_ = 0;
};

Value MakeCycler(Runtime& runtime, const Args& args) {
  if (args.positional.empty()) {
    return runtime.Fail("at least one item has to be provided");
  }
  return runtime.Keep(std::make_shared<Cycler>(args.positional));
}

Value MakeJoiner(Runtime& runtime, const Args& args) {
  const Bound bound(runtime, "joiner", "sep=", args);
  const Value separator = bound.has(0) ? bound[0] : runtime.MakeString(", ");
  return runtime.Keep(std::make_shared<Function>(
      "joiner", [separator, used = false](Runtime& r, const Args&) mutable {
        return std::exchange(used, true) ? separator : r.MakeString("");
      }));
}

}  // namespace

std::vector<std::pair<std::string, Value>> Globals() {
  static constexpr std::pair<const char*, Value (*)(Runtime&, const Args&)>
      kFunctions[] = {
          {"range", MakeRange},         {"dict", MakeDictValue},
          {"namespace", MakeNamespace}, {"cycler", MakeCycler},
          {"joiner", MakeJoiner},       {"raise_exception", RaiseException},
          {"strftime_now", StrftimeNow}};
  std::vector<std::pair<std::string, Value>> out;
  for (const auto& [name, function] : kFunctions) {
    out.emplace_back(name, Value(std::shared_ptr<Object>(
                               std::make_shared<Function>(name, function))));
  }
  return out;
}

}  // namespace mj::jinja
