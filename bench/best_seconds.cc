#include "bench/best_seconds.h"

#include <algorithm>
#include <limits>

namespace mj {
namespace {

constexpr int kLeast = 3;
constexpr double kShort = 20e-6;  // reading the clock costs some 30 ns

double SecondsOf(absl::FunctionRef<void()> call, int times) {
  const Stopwatch watch;
  for (int i = 0; i < times; ++i) call();
  return watch.Seconds() / times;
}

}  // namespace

double BestSeconds(absl::FunctionRef<void()> call, double seconds) {
  call();  // makes buffers, warms caches
  const double once = std::max(SecondsOf(call, 1), 1e-9);
  const int times = std::max(1, static_cast<int>(kShort / once));
  double best = std::numeric_limits<double>::infinity();
  const Stopwatch all;
  for (int i = 0; i < kLeast || all.Seconds() < seconds; ++i) {
    best = std::min(best, SecondsOf(call, times));
  }
  return best;
}

}  // namespace mj
