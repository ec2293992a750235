#include "engine/text/jinja_loop.h"

#include "engine/text/jinja_function.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {

std::string Loop::Repr(Runtime&) const {
  return Cat("<LoopContext ", index_ + 1, "/", size(), ">");
}

Value Loop::Call(Runtime& runtime, const Args& args) {
  if (!statement_.recursive) {
    return runtime.Fail(
        "The loop must have the 'recursive' marker to be called recursively.");
  }
  if (!scope_) return runtime.Fail("the loop is over");
  const Bound bound(runtime, "loop", "iterable", args);
  std::string text;
  if (runtime.ok()) {
    evaluator_.RunLoop(statement_, scope_, bound[0], level_ + 1, text);
  }
  return runtime.MakeString(std::move(text));
}

Value Loop::Neighbour(size_t index, std::string_view message) const {
  if (index < items_.size()) return items_[index];
  return Value::MakeUndefined(std::string(message));
}

std::optional<Value> Loop::GetAttribute(Runtime& runtime,
                                        std::string_view name) {
  const auto index = static_cast<int64_t>(index_);
  const auto length = static_cast<int64_t>(size());
  if (name == "index") return Value(index + 1);
  if (name == "index0") return Value(index);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == length);
  if (name == "length") return Value(length);
  if (name == "revindex") return Value(length - index);
  if (name == "revindex0") return Value(length - index - 1);
  if (name == "depth") return Value(level_ + 1);
  if (name == "depth0") return Value(level_);
  if (name == "previtem") {
    return Neighbour(index_ - 1, "there is no previous item");
  }
  if (name == "nextitem") {
    return Neighbour(index_ + 1, "there is no next item");
  }
  if (name == "cycle") {
    return runtime.Keep(std::make_shared<Function>(
        "cycle", [this](Runtime& r, const Args& args) -> Value {
          return Cycle(r, args);
        }));
  }
  if (name == "changed") {
    return runtime.Keep(std::make_shared<Function>(
        "changed", [this](Runtime& r, const Args& args) -> Value {
          return Changed(r, args);
        }));
  }
  return std::nullopt;
}

Value Loop::Cycle(Runtime& runtime, const Args& args) const {
  if (args.positional.empty())
    return runtime.Fail("no items for cycling given");
  return args.positional[index_ % args.positional.size()];
}

bool Loop::Changed(Runtime& runtime, const Args& args) {
  bool same = seen_.size() == 1;
  Value now = runtime.MakeTuple(args.positional);
  same = same && Equal(runtime, seen_[0], now);
  seen_ = {std::move(now)};
  return !same;
}

void Loop::Release() {
  scope_.reset();
  items_.clear();
  seen_.clear();
}

}  // namespace mj::jinja
