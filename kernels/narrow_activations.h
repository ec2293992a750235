// Activations of fewer bits than int8 has, for products of int8.
#ifndef MILLIJOULE_KERNELS_NARROW_ACTIVATIONS_H_
#define MILLIJOULE_KERNELS_NARROW_ACTIVATIONS_H_

#include "kernels/activations.h"

namespace mj {

// QuantiseRows with codes of `bits` bits, 2 or 4, on any CPU: scale = max|x| of
// the group / (2^(bits-1) - 1).
QuantiseRowsFn* NarrowQuantiseRows(int bits);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_NARROW_ACTIVATIONS_H_
