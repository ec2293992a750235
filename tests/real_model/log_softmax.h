// Probabilities from logits, in double.
#ifndef MILLIJOULE_TESTS_REAL_MODEL_LOG_SOFTMAX_H_
#define MILLIJOULE_TESTS_REAL_MODEL_LOG_SOFTMAX_H_

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace mj {

inline std::vector<double> LogSoftmax(std::span<const float> logits) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit - max);
  std::vector<double> logprobs(logits.begin(), logits.end());
  for (double& value : logprobs) value -= max + std::log(sum);
  return logprobs;
}

inline int Argmax(const std::vector<double>& values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_REAL_MODEL_LOG_SOFTMAX_H_
