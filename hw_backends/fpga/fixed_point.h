// Rounding of fixed-point units, bit for bit that of hw_backends/rtl.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FIXED_POINT_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FIXED_POINT_H_

#include <algorithm>
#include <bit>
#include <cstdint>

namespace mj {

// A real factor: multiplier / 2^shift.
struct FixedFactor {
  int32_t multiplier = 0;
  int shift = 0;  // 0 .. 62
};

// value / 2^shift to nearest, ties to even.
// REQUIRES: |value| <= 2^62, 0 <= shift <= 62
constexpr int64_t RoundShift(int64_t value, int shift) {
  if (shift == 0) return value;
  const int64_t odd = (value >> shift) & 1;  // of the quotient, rounded down
  return (value + (int64_t{1} << (shift - 1)) - 1 + odd) >> shift;
}

// The nearest value that two's complement of `bits` bits holds.
constexpr int64_t Saturate(int64_t value, int bits) {
  const int64_t top = (int64_t{1} << (bits - 1)) - 1;
  return std::clamp(value, -top - 1, top);
}

// sum * factor, rounded as RoundShift, as `bits` bits hold it.
constexpr int32_t Requantise(int32_t sum, FixedFactor factor, int bits) {
  return static_cast<int32_t>(Saturate(
      RoundShift(int64_t{sum} * factor.multiplier, factor.shift), bits));
}

// As RoundShift, by any shift >= 1: beyond 62 nothing is left. |x| < 2^61.
// Without branches, which would guess wrong every other time.
constexpr int64_t ShiftHalfEven(int64_t x, int shift) {
  const int by = shift < 62 ? shift : 62;
  const int64_t down = x >> by;
  const int64_t rest = x - (down << by);
  const int64_t half = int64_t{1} << (by - 1);
  return down + static_cast<int64_t>(rest + (down & 1) > half);
}

// A float32 as multiplier * 2^exponent: 16 bits, rounded half to even.
struct Multiplier {
  int32_t multiplier = 0;  // 2^15 <= |.| <= 2^16; 0 for zeros and subnormals
  int exponent = 0;
};
constexpr Multiplier MultiplierOf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const int exponent = static_cast<int>(bits >> 23 & 0xFF);
  const int64_t mantissa = (bits & 0x7FFFFF) | 0x800000;
  const auto rounded = static_cast<int32_t>(ShiftHalfEven(mantissa, 8));
  const int32_t normal = exponent == 0 ? 0 : rounded;
  const int32_t sign = -static_cast<int32_t>(bits >> 31);  // 0 or all ones
  return {(normal ^ sign) - sign, exponent - 127 - 15};
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_FIXED_POINT_H_
