// Waiting for another thread.
#ifndef MILLIJOULE_TESTS_FAKES_EVENTUALLY_H_
#define MILLIJOULE_TESTS_FAKES_EVENTUALLY_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "hw_backends/clock.h"

namespace mj {

// Looks until `holds`; a minute is for a machine that is busy elsewhere.
inline bool Eventually(const std::function<bool()>& holds) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A clock that the test moves while other threads read it.
class AtomicClock final : public Clock {
 public:
  Seconds Now() const override { return Seconds(now_.load()); }
  void Advance(double seconds) { now_ = now_ + seconds; }

 private:
  std::atomic<double> now_{100};
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_EVENTUALLY_H_
