#include "engine/text/jinja_range.h"

#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr Int kMaxRange = 100'000;

class Range final : public Object {
 public:
  Range(Int start, Int stop, Int step, Int count)
      : start_(start), stop_(stop), step_(step), count_(count) {}

  std::string TypeName() const override { return "range"; }
  std::string Repr(Runtime&) const override {
    return Cat("range(", IntText(start_), ", ", IntText(stop_),
               step_ == 1 ? "" : ", " + IntText(step_), ")");
  }
  bool Truthy() const override { return count_ > 0; }
  bool iterable() const override { return true; }
  bool subscriptable() const override { return true; }
  std::optional<int64_t> Length() const override {
    return static_cast<int64_t>(count_);
  }
  void AppendItems(Runtime&, std::vector<Value>& out) override {
    for (Int i = 0; i < count_; ++i) out.push_back(start_ + i * step_);
  }
  std::optional<Value> GetItem(Int index) const override {
    if (index < 0) index += count_;
    if (index < 0 || index >= count_) return std::nullopt;
    return Value(start_ + index * step_);
  }
  std::optional<Value> GetAttribute(Runtime&, std::string_view name) override {
    if (name == "start") return Value(start_);
    if (name == "stop") return Value(stop_);
    if (name == "step") return Value(step_);
    return std::nullopt;
  }

 private:
  Int start_, stop_, step_, count_;
};

}  // namespace

Value MakeRange(Runtime& runtime, const Args& args) {
  Int numbers[3] = {0, 0, 1};
  const size_t given = args.positional.size();
  if (given < 1 || given > 3 || !args.named.empty()) {
    return runtime.Fail(Cat("range expected 1 to 3 arguments, got ", given));
  }
  for (size_t i = 0; i < given; ++i) {
    const Value& value = args.positional[i];
    if (value.is_undefined()) return runtime.FailUndefined(value);
    if (!value.is_integral()) {
      return runtime.Fail(Cat("'", value.TypeName(),
                              "' object cannot be interpreted as an integer"));
    }
    constexpr Int kMost = Int{1} << 100;  // keeps the sums below in range
    if (value.as_int() > kMost || value.as_int() < -kMost) {
      return runtime.FailLimit("integer bits", 100);
    }
    numbers[given == 1 ? 1 : i] = value.as_int();
  }
  const auto [start, stop, step] = numbers;
  if (step == 0) return runtime.Fail("range() arg 3 must not be zero");
  const Int span = step > 0 ? stop - start : start - stop;
  const Int size = step > 0 ? step : -step;
  const Int count = span <= 0 ? 0 : (span + size - 1) / size;
  if (count > kMaxRange) {
    return runtime.Fail(
        "Range too big. The sandbox blocks ranges larger than MAX_RANGE "
        "(100000).");
  }
  return Value(std::shared_ptr<Object>(
      std::make_shared<Range>(start, stop, step, count)));
}

}  // namespace mj::jinja
