#include "engine/text/jinja_runtime.h"

#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr int64_t kStepsPerClockCheck = 4096;

}  // namespace

Runtime::Runtime(const Limits& limits, std::function<absl::Time()> now,
                 absl::TimeZone zone)
    : limits_(limits),
      now_(std::move(now)),
      zone_(zone),
      deadline_(std::chrono::steady_clock::now() +
                absl::ToChronoNanoseconds(limits.time)) {}

Runtime::~Runtime() {
  for (const auto& object : kept_) object->Release();
}

Value Runtime::Fail(std::string_view message) {
  if (ok()) {
    status_ = absl::InvalidArgumentError(Cat("line ", line_, ": ", message));
  }
  return Value();
}

Value Runtime::FailRaised(std::string_view message) {
  if (ok()) status_ = absl::InvalidArgumentError(std::string(message));
  return Value();
}

Value Runtime::FailUndefined(const Value& undefined) {
  return ok() ? Fail(undefined.undefined_message()) : Value();
}

Value Runtime::FailLimit(std::string_view name, int64_t value) {
  if (ok()) {
    status_ = absl::ResourceExhaustedError(
        Cat("line ", line_, ": the template passed the limit of ", value,
            " for ", name));
  }
  return Value();
}

bool Runtime::Step(int64_t count) {
  if (!ok()) return false;
  steps_ += count;
  if (steps_ > limits_.steps) {
    FailLimit("steps", limits_.steps);
  } else if (steps_ >= next_clock_check_) {
    next_clock_check_ = steps_ + kStepsPerClockCheck;
    if (std::chrono::steady_clock::now() > deadline_) {
      FailLimit("milliseconds", absl::ToInt64Milliseconds(limits_.time));
    }
  }
  return ok();
}

bool Runtime::Charge(size_t bytes) {
  if (!ok()) return false;
  if (bytes > limits_.object_bytes) {
    FailLimit("bytes of one value", limits_.object_bytes);
  } else if ((bytes_ += bytes) > limits_.total_bytes) {
    FailLimit("bytes of all values", limits_.total_bytes);
  }
  // Bytes cost time too: as many steps as memory moves a step's worth.
  return ok() && Step(static_cast<int64_t>(bytes / 256));
}

bool Runtime::StepSearch(size_t text, size_t part) {
  return Step(static_cast<int64_t>((text / 256) * (1 + part / 16)));
}

Value Runtime::MakeString(std::string text, bool markup) {
  if (!Charge(sizeof(String) + text.size())) return Value();
  return std::make_shared<const String>(std::move(text), markup);
}

Value Runtime::MakeList(std::vector<Value> items, ListType type) {
  if (!Charge(sizeof(List) + items.size() * sizeof(Value))) return Value();
  auto list = std::make_shared<const List>(std::move(items), type);
  if (list->depth > limits_.nesting) {
    return FailLimit("nested values", limits_.nesting);
  }
  return list;
}

Value Runtime::MakeTuple(std::vector<Value> items) {
  return MakeList(std::move(items), ListType::kTuple);
}

Value Runtime::MakeDict(Dict dict) {
  constexpr size_t kEntryBytes = 4 * sizeof(Value);  // with its index
  if (!Charge(sizeof(Dict) + dict.entries.size() * kEntryBytes)) return Value();
  if (dict.depth > limits_.nesting) {
    return FailLimit("nested values", limits_.nesting);
  }
  return std::make_shared<const Dict>(std::move(dict));
}

Value Runtime::Keep(std::shared_ptr<Object> object) {
  constexpr size_t kObjectBytes = 512;
  if (!Charge(kObjectBytes)) return Value();
  kept_.push_back(object);
  return object;
}

}  // namespace mj::jinja
