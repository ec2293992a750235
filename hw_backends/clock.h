// Time is injected: the real clock in a server, a scripted one in tests, the
// event loop's in simulation.
#ifndef MILLIJOULE_HW_BACKENDS_CLOCK_H_
#define MILLIJOULE_HW_BACKENDS_CLOCK_H_

#include <time.h>

#include <chrono>

#include "hw_backends/quantities.h"

namespace mj {

// Seconds since an arbitrary start that never goes back.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Seconds Now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  Seconds Now() const override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
};

// Like SteadyClock, but it also runs while the host sleeps (CLOCK_BOOTTIME).
class BootClock final : public Clock {
 public:
  Seconds Now() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail since Linux 2.6.39
    return std::chrono::seconds(now.tv_sec) +
           std::chrono::nanoseconds(now.tv_nsec);
  }
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CLOCK_H_
