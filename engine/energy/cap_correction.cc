#include "engine/energy/cap_correction.h"

#include <algorithm>

namespace mj {
namespace {

constexpr double kLeastTelling = 0.02;  // of the time, in steps
constexpr double kGuard = 0.15;         // of one window; of n, 1 / n of it
constexpr double kLeast = 0.25, kMost = 4;

}  // namespace

void CapCorrection::Observe(const CapWindow& window) {
  if (window.busy_share < kLeastTelling || window.predicted <= Watts(0)) return;
  const double busy = std::min(1.0, window.busy_share);
  const double seen = (window.mean - window.idle) / (busy * window.predicted);
  seen_[next_] = std::clamp(seen, kLeast, kMost);
  next_ = (next_ + 1) % static_cast<int>(seen_.size());
  const auto count = static_cast<double>(std::count_if(
      seen_.begin(), seen_.end(), [](double r) { return r > 0; }));
  const double largest = *std::max_element(seen_.begin(), seen_.end());
  value_ = std::min(kMost, largest * (1 + kGuard / count));
}

}  // namespace mj
