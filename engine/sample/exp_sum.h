// Sums of exponentials over a panel of logits, wide enough for vectors.
#ifndef MILLIJOULE_ENGINE_SAMPLE_EXP_SUM_H_
#define MILLIJOULE_ENGINE_SAMPLE_EXP_SUM_H_

#include <cstddef>
#include <span>

namespace mj {

inline constexpr size_t kExpPanel = 1024;  // logits, at the most

// sum_i exp((logits[i] - max) inverse_temperature).
// REQUIRES: logits <= max; at most kExpPanel of them; inverse_temperature > 0
double ExpSum(std::span<const float> logits, float max,
              float inverse_temperature);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_EXP_SUM_H_
