#include "kernels/rms_norm.h"

#include <cmath>

namespace mj::scalar {

void RmsNorm(const RmsNormArgs& args) {
  for (int64_t r = 0; r < args.rows; ++r) {
    const float* x = args.x + r * args.x_stride;
    float* y = args.y + r * args.y_stride;
    float squares = 0;
    for (int64_t c = 0; c < args.cols; ++c) squares += x[c] * x[c];
    const float mean = squares / static_cast<float>(args.cols);
    const float inverse = 1.0f / std::sqrt(mean + args.epsilon);
    for (int64_t c = 0; c < args.cols; ++c) {
      const float value = x[c] * inverse * args.gamma[c];
      y[c] = args.accumulate ? y[c] + value : value;
    }
  }
}

}  // namespace mj::scalar
