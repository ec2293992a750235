#include "engine/sample/exp_sum.h"

#include <algorithm>
#include <array>

#include "engine/sample/exp.h"

namespace mj {
namespace {

constexpr size_t kLanes = 16;

// Exponentials first, sums after: so compilers vectorise both. The order of
// sums is that of kLanes, whatever the width of the registers.
[[gnu::always_inline]] inline double Sum(std::span<const float> logits,
                                         float max, float inverse_temperature) {
  std::array<float, kExpPanel> e;
  for (size_t i = 0; i < logits.size(); ++i) {
    e[i] = ExpNonPositive((logits[i] - max) * inverse_temperature);
  }
  std::fill(e.begin() + logits.size(), e.end(), 0.0f);
  std::array<float, kLanes> lanes{};
  for (size_t i = 0; i < kExpPanel; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) lanes[j] += e[i + j];
  }
  double sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

[[gnu::target("avx2")]] double SumAvx2(std::span<const float> logits, float max,
                                       float inverse_temperature) {
  return Sum(logits, max, inverse_temperature);
}

}  // namespace

double ExpSum(std::span<const float> logits, float max,
              float inverse_temperature) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  return has_avx2 ? SumAvx2(logits, max, inverse_temperature)
                  : Sum(logits, max, inverse_temperature);
}

}  // namespace mj
