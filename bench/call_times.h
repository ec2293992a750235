// The spread of a short piece of work's time: what it takes as a rule, and what
// one in a hundred takes.
#ifndef MILLIJOULE_BENCH_CALL_TIMES_H_
#define MILLIJOULE_BENCH_CALL_TIMES_H_

#include <cstddef>
#include <vector>

#include "absl/functional/function_ref.h"
#include "bench/best_seconds.h"

namespace mj {

class CallTimes final {
 public:
  // Runs `work`, which does the same `times` times; the sample is of one.
  // Returns the seconds of one. Reading the clock costs some 30 ns of the
  // whole. REQUIRES: times > 0
  double Time(int times, absl::FunctionRef<void()> work) {
    const Stopwatch watch;
    work();
    const double seconds = watch.Seconds() / times;
    Add(seconds);
    return seconds;
  }
  void Add(double seconds) { seconds_.push_back(seconds); }

  // The least sample that is not under `share` of all (nearest rank): 0.5 is
  // the median. REQUIRES: there is one; 0 < share <= 1
  double Quantile(double share) const;
  size_t size() const { return seconds_.size(); }

 private:
  std::vector<double> seconds_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_CALL_TIMES_H_
