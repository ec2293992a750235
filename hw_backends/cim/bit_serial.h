// Columns of weights that inputs pass bit by bit, `bits_per_cycle` (s) at a
// time, most significant first; two's complement, so the top bit is negative:
//   y = sum over slices of 2^(s * slices to come) (slice . w)
// Integers throughout: any order of the bits gives the plain product's sum.
// hw_backends/rtl/bitserial_cim.sv does the same and counts the same toggles.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_H_
#define MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_H_

#include <cstdint>
#include <span>

namespace mj {

struct BitStream {
  int input_bits = 8;      // 1 .. 8; slices extend the sign
  int bits_per_cycle = 1;  // 1 .. 8

  constexpr int slices() const {
    return (input_bits + bits_per_cycle - 1) / bits_per_cycle;
  }
  // Of one slice, 0 the first to come. REQUIRES: 0 <= index < slices()
  constexpr unsigned Slice(int8_t x, int index) const {
    const int below = bits_per_cycle * (slices() - 1 - index);
    return static_cast<unsigned>(int{x} >> below) &
           ((1u << bits_per_cycle) - 1);
  }
};

// x, w: [rows]. REQUIRES: x fits input_bits; rows <= 2^16
int32_t BitSerialDot(std::span<const int8_t> x, std::span<const int8_t> w,
                     BitStream stream);

// How often the AND of an input bit with a weight bit changes while the vectors
// x: [vectors, rows] pass, from inputs at 0. Where an input bit changes, the
// products with the ones of its row's weights do: ones: [rows], over all
// columns. Activity is this over rows * columns * b_w * s * cycles.
int64_t ProductToggles(std::span<const int8_t> x, std::span<const int> ones,
                       BitStream stream);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_H_
