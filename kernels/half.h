// 16-bit floats without hardware support: IEEE 754 half precision and bfloat16
// (the upper half of a float32).
#ifndef MILLIJOULE_KERNELS_HALF_H_
#define MILLIJOULE_KERNELS_HALF_H_

#include <cstdint>

namespace mj {

// Exact: every one is a float. Subnormals, infinities and NaN included.
float HalfToFloat(uint16_t half);
float BFloat16ToFloat(uint16_t x);

// To nearest, ties to even; beyond the largest finite value, infinity. NaN
// stays a NaN, quiet, of the same sign.
uint16_t FloatToHalf(float x);
uint16_t FloatToBFloat16(float x);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_HALF_H_
