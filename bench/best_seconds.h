// The best time of a piece of work: what it takes when nothing disturbs it.
#ifndef MILLIJOULE_BENCH_BEST_SECONDS_H_
#define MILLIJOULE_BENCH_BEST_SECONDS_H_

#include <chrono>

#include "absl/functional/function_ref.h"

namespace mj {

class Stopwatch final {  // runs from the start
 public:
  double Seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start_ = Clock::now();
};

// Seconds of one call, the least of those made in about `seconds`, at least 3.
// Short calls are timed several at once.
double BestSeconds(absl::FunctionRef<void()> call, double seconds = 0.1);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_BEST_SECONDS_H_
