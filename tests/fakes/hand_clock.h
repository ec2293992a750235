// Clocks that the test moves.
#ifndef MILLIJOULE_TESTS_FAKES_HAND_CLOCK_H_
#define MILLIJOULE_TESTS_FAKES_HAND_CLOCK_H_

#include <atomic>

#include "hw_backends/clock.h"

namespace mj {

class HandClock final : public Clock {
 public:
  Seconds Now() const override { return now; }
  Seconds now{100};
};

// While other threads read it.
class AtomicClock final : public Clock {
 public:
  Seconds Now() const override { return Seconds(now_.load()); }
  void Set(double seconds) { now_ = seconds; }
  void Advance(double seconds) { now_ = now_ + seconds; }

 private:
  std::atomic<double> now_{100};
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_HAND_CLOCK_H_
