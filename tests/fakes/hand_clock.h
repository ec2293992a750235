// A clock that the test moves.
#ifndef MILLIJOULE_TESTS_FAKES_HAND_CLOCK_H_
#define MILLIJOULE_TESTS_FAKES_HAND_CLOCK_H_

#include "hw_backends/clock.h"

namespace mj {

class HandClock final : public Clock {
 public:
  Seconds Now() const override { return now; }
  Seconds now{100};
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_HAND_CLOCK_H_
