#include "kernels/gated_activation.h"

#include <cmath>

namespace mj::scalar {
namespace {

float Activate(Activation activation, float x) {
  if (activation == Activation::kSilu) return x / (1.0f + std::exp(-x));
  constexpr float kSqrt2OverPi = 0.7978845608f;
  const float u = kSqrt2OverPi * (x + 0.044715f * x * x * x);
  return x / (1.0f + std::exp(-2.0f * u));
}

}  // namespace

void GatedActivation(Activation activation, const float* gate, const float* up,
                     float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    y[i] = Activate(activation, gate[i]) * up[i];
  }
}

}  // namespace mj::scalar
