#include "hw_backends/cpu/rope.h"

#include <cmath>

namespace mj {

void ComputeRotation(const RopeSpec& spec, int position, float* cosines,
                     float* sines) {
  for (size_t i = 0; i < spec.inverse_frequency.size(); ++i) {
    const double angle = double{spec.inverse_frequency[i]} * position;
    cosines[i] = static_cast<float>(std::cos(angle) * spec.magnitude);
    sines[i] = static_cast<float>(std::sin(angle) * spec.magnitude);
  }
}

void Rotate(const RopeSpec& spec, const float* cosines, const float* sines,
            float* head) {
  const size_t pairs = spec.inverse_frequency.size();
  for (size_t i = 0; i < pairs; ++i) {
    float& a = head[spec.interleaved ? 2 * i : i];
    float& b = head[spec.interleaved ? 2 * i + 1 : i + pairs];
    const float x = a, y = b;
    a = x * cosines[i] - y * sines[i];
    b = x * sines[i] + y * cosines[i];
  }
}

}  // namespace mj
