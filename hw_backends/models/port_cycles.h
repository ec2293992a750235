// Cycles of beats through a memory port that is open in `open` of every
// `period` cycles, from its first open one to the last beat, both included:
//   beats + (period - open) floor((beats - 1) / open)
// A unit that takes a beat a cycle waits this instead of its beats; all else of
// its law (what drains, what is computed after) stays. Two streams on one port
// take turns while both last.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_PORT_CYCLES_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_PORT_CYCLES_H_

#include <cstdint>

namespace mj {

struct PortDuty {
  int64_t open = 1, period = 1;  // 1 <= open <= period
};

// REQUIRES: beats >= 1
constexpr int64_t PortCycles(PortDuty port, int64_t beats) {
  return beats + (port.period - port.open) * ((beats - 1) / port.open);
}

// How many beats the port has passed with the last of `own`, where another
// stream has `other` and both start together; `first`: own goes first.
// REQUIRES: both at least 1
constexpr int64_t SharedBeats(int64_t own, int64_t other, bool first) {
  if (own > other) return own + other;
  return 2 * own - (first ? 1 : 0);
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_PORT_CYCLES_H_
