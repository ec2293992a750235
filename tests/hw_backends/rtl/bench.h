// What the benches of RTL units share: a clock, ports that withhold, and data.
#ifndef MILLIJOULE_TESTS_HW_BACKENDS_RTL_BENCH_H_
#define MILLIJOULE_TESTS_HW_BACKENDS_RTL_BENCH_H_

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "hw_backends/models/port_cycles.h"

namespace mj {

// A unit in reset is clocked once, then runs. `Model` is a Verilated class.
template <typename Model>
class Clocked final {
 public:
  Clocked() {
    unit_.rst_n = 0;
    Tick();
    unit_.rst_n = 1;
    cycles_ = 0;
  }
  ~Clocked() { unit_.final(); }

  Model* operator->() { return &unit_; }
  // Outputs that depend on this cycle's inputs.
  void Settle() {
    unit_.clk = 0;
    unit_.eval();
  }
  // One cycle with the inputs as they are; outputs follow.
  void Tick() {
    Settle();
    unit_.clk = 1;
    unit_.eval();
    ++cycles_;
  }
  int64_t cycles() const { return cycles_; }

 private:
  Model unit_;
  int64_t cycles_ = 0;
};

// Whether a port is open in a cycle, counted from a stream's first.
using Port = std::function<bool(int64_t cycle)>;

inline Port Regular(PortDuty duty) {
  return [duty](int64_t cycle) { return cycle % duty.period < duty.open; };
}

// Open in about half of the cycles, in no order; the same each time.
inline Port Irregular(uint32_t seed) {
  return [random = std::mt19937(seed)](int64_t) mutable {
    return (random() >> 16 & 1) == 0;
  };
}

// Nothing, a quarter and half of the cycles withheld.
inline constexpr PortDuty kDuties[] = {{1, 1}, {3, 4}, {1, 2}};

// What such a port adds to `beats`.
inline int64_t Stalls(PortDuty duty, int64_t beats) {
  return PortCycles(duty, beats) - beats;
}

// Values of two's complement of `bits` bits, the extremes among them.
inline std::vector<int8_t> RandomIntegers(int64_t size, int bits,
                                          uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int8_t> values(size);
  for (int8_t& value : values) {
    value = static_cast<int8_t>(static_cast<int32_t>(random()) >> (32 - bits));
  }
  if (size > 1) {
    values.front() = static_cast<int8_t>(-(1 << (bits - 1)));
    values.back() = static_cast<int8_t>((1 << (bits - 1)) - 1);
  }
  return values;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_HW_BACKENDS_RTL_BENCH_H_
