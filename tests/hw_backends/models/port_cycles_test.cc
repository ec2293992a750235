#include "hw_backends/models/port_cycles.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(PortCyclesTest, CountsToTheLastBeat) {
  for (const PortDuty duty : {PortDuty{1, 1}, {3, 4}, {1, 2}, {2, 7}}) {
    int64_t beats = 0;
    for (int64_t cycle = 0; beats < 50; ++cycle) {
      if (cycle % duty.period >= duty.open) continue;
      ++beats;
      EXPECT_EQ(PortCycles(duty, beats), cycle + 1)
          << beats << " beats, open " << duty.open << "/" << duty.period;
    }
  }
}

TEST(PortCyclesTest, TwoStreamsTakeTurns) {
  for (int64_t a = 1; a <= 6; ++a) {
    for (int64_t b = 1; b <= 6; ++b) {
      int64_t left_a = a, left_b = b, last_a = 0, last_b = 0;
      bool turn_of_a = true;
      for (int64_t beat = 1; beat <= a + b; ++beat) {
        const bool passes_a = left_a > 0 && (turn_of_a || left_b == 0);
        (passes_a ? last_a : last_b) = beat;
        --(passes_a ? left_a : left_b);
        turn_of_a = !passes_a;
      }
      EXPECT_EQ(SharedBeats(a, b, true), last_a) << a << ", " << b;
      EXPECT_EQ(SharedBeats(b, a, false), last_b) << a << ", " << b;
    }
  }
}

}  // namespace
}  // namespace mj
