// What one rendering uses and may use: its first error, its limits, its clock.
// After an error every operation is a cheap no-op that gives undefined, so
// code checks ok() where it loops, not after every call.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_RUNTIME_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_RUNTIME_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/text/jinja_limits.h"
#include "engine/text/jinja_object.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

class Runtime final {
 public:
  Runtime(const Limits& limits, std::function<absl::Time()> now,
          absl::TimeZone zone);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }
  Value Fail(std::string_view message);         // with the current line
  Value FailRaised(std::string_view message);   // raise_exception: as it is
  Value FailUndefined(const Value& undefined);  // the use of an undefined
  Value FailLimit(std::string_view name, int64_t value);

  bool Step(int64_t count = 1);  // false: failed, now or before
  // False, and failed, where `bytes` more are too many for one object or all.
  bool Charge(size_t bytes);
  // The steps of looking for `part` bytes in `text` bytes, at the worst.
  bool StepSearch(size_t text, size_t part);
  void set_line(int line) { line_ = line; }
  int line() const { return line_; }
  const Limits& limits() const { return limits_; }
  absl::Time Now() const { return now_(); }
  const absl::TimeZone& zone() const { return zone_; }

  Value MakeString(std::string text, bool markup = false);
  Value MakeList(std::vector<Value> items, ListType type = ListType::kList);
  Value MakeTuple(std::vector<Value> items);
  Value MakeDict(Dict dict);
  // An object that may come to hold itself: cleared when rendering ends.
  Value Keep(std::shared_ptr<Object> object);

  // Depth of evaluation; the destructor gives it back.
  class Depth {
   public:
    explicit Depth(Runtime& runtime) : runtime_(runtime) {
      ok_ = ++runtime_.depth_ <= runtime_.limits_.call_depth;
      if (!ok_) runtime_.FailLimit("depth", runtime_.limits_.call_depth);
    }
    ~Depth() { --runtime_.depth_; }
    bool ok() const { return ok_; }

   private:
    Runtime& runtime_;
    bool ok_;
  };

 private:
  Limits limits_;
  std::function<absl::Time()> now_;
  absl::TimeZone zone_;
  std::chrono::steady_clock::time_point deadline_;
  absl::Status status_;
  int line_ = 0;
  int depth_ = 0;
  int64_t steps_ = 0;
  int64_t next_clock_check_ = 0;
  size_t bytes_ = 0;
  std::vector<std::shared_ptr<Object>> kept_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_RUNTIME_H_
