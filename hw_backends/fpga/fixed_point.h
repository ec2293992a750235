// The fixed-point arithmetic of an FPGA's requantisation: scales are small
// integers and shifts, and what is shifted out is rounded half to even.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FIXED_POINT_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FIXED_POINT_H_

#include <bit>
#include <cstdint>

namespace mj {

// x / 2^shift to the nearest integer, halves to the even one. shift >= 1;
// beyond 62 nothing is left. |x| < 2^61. Without branches, which would guess
// wrong every other time.
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
