// Waiting for another thread.
#ifndef MILLIJOULE_TESTS_FAKES_EVENTUALLY_H_
#define MILLIJOULE_TESTS_FAKES_EVENTUALLY_H_

#include <chrono>
#include <functional>
#include <thread>

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

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_EVENTUALLY_H_
