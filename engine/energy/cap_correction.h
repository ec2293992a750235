// The closed loop of the power cap: what busy time draws by the meter, over
// what the model says it draws.
//
// Each window shows a ratio r. The correction is
//   the largest r of the last n windows * (1 + 0.15 / n),   n up to 3
// so a model that underestimates is corrected by one window, and one that
// overestimates is left behind by the first, too: of what only the model said
// nothing is kept. The guard is for noise: one window may have been a low one;
// of three the largest rarely is by more than a twentieth.
#ifndef MILLIJOULE_ENGINE_ENERGY_CAP_CORRECTION_H_
#define MILLIJOULE_ENGINE_ENERGY_CAP_CORRECTION_H_

#include <array>

#include "hw_backends/quantities.h"

namespace mj {

// What a meter's window said of the limits in force.
struct CapWindow {
  Watts mean{0};
  double busy_share = 0;        // of its time, in steps
  Watts idle{0}, predicted{0};  // `predicted`: active, of the setting in force
};

class CapCorrection final {
 public:
  // Windows that were hardly busy tell nothing.
  void Observe(const CapWindow& window);
  // Within [1/4, 4]; 1 before the first window that tells something.
  double value() const { return value_; }

 private:
  std::array<double, 3> seen_{};  // a ring; 0: none yet
  int next_ = 0;
  double value_ = 1;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_CAP_CORRECTION_H_
