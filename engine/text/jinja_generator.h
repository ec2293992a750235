// What lazy filters (map, select, items, ...) give: items that can be taken
// once, as from a Python generator. They are computed at once, though.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_GENERATOR_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_GENERATOR_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_runtime.h"

namespace mj::jinja {

class Generator final : public Object {
 public:
  explicit Generator(std::vector<Value> items) : items_(std::move(items)) {
    for (const Value& item : items_)
      depth_ = std::max(depth_, item.depth() + 1);
  }

  std::string TypeName() const override { return "generator"; }
  std::string Repr(Runtime&) const override { return "<generator object>"; }
  int depth() const override { return depth_; }
  bool iterable() const override { return true; }
  void AppendItems(Runtime&, std::vector<Value>& out) override {
    out.insert(out.end(), items_.begin() + next_, items_.end());
    next_ = items_.size();
  }
  // nullopt: no more.
  std::optional<Value> Next() {
    return next_ < items_.size() ? std::optional(items_[next_++])
                                 : std::nullopt;
  }

  static Value Make(Runtime& runtime, std::vector<Value> items) {
    if (!runtime.Charge(sizeof(Generator) + items.size() * sizeof(Value))) {
      return Value();
    }
    auto generator = std::make_shared<Generator>(std::move(items));
    if (generator->depth() > runtime.limits().nesting) {
      return runtime.FailLimit("nested values", runtime.limits().nesting);
    }
    return Value(std::shared_ptr<Object>(std::move(generator)));
  }

 private:
  std::vector<Value> items_;
  size_t next_ = 0;
  int depth_ = 1;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_GENERATOR_H_
