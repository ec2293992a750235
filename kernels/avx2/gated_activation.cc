#include "kernels/gated_activation.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/elementwise_body.h"

namespace mj::avx2 {

void GatedActivation(Activation activation, const float* gate, const float* up,
                     float* y, int64_t count) {
  RunGatedActivation<Vector>(activation, gate, up, y, count);
}

}  // namespace mj::avx2
