// y[i] = activation(gate[i]) * up[i], the feed-forward gate (Shazeer 2020).
//   SiLU(x) = x / (1 + exp(-x))
//   GELU(x) = x / (1 + exp(-2 u)), u = sqrt(2/pi) (x + 0.044715 x^3): the tanh
//             form, since (1 + tanh u) / 2 = 1 / (1 + exp(-2 u))
// float32; an element's bits do not depend on its place. Versions agree to
// 2^-20, relative to |activation(gate) * up|, and 2^-126 * |gate * up|
// absolute.
#ifndef MILLIJOULE_KERNELS_GATED_ACTIVATION_H_
#define MILLIJOULE_KERNELS_GATED_ACTIVATION_H_

#include <cstdint>

#include "kernels/model_shape.h"

namespace mj {

using GatedActivationFn = void(Activation activation, const float* gate,
                               const float* up, float* y, int64_t count);

namespace scalar {
GatedActivationFn GatedActivation;
}
namespace avx2 {
GatedActivationFn GatedActivation;
}
namespace avx512 {
GatedActivationFn GatedActivation;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_GATED_ACTIVATION_H_
