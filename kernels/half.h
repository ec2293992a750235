// IEEE 754 half precision without hardware support.
#ifndef MILLIJOULE_KERNELS_HALF_H_
#define MILLIJOULE_KERNELS_HALF_H_

#include <cstdint>

namespace mj {

// Exact: every half is a float. Subnormals, infinities and NaN included.
float HalfToFloat(uint16_t half);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_HALF_H_
