// Log-probabilities: the log-softmax of raw logits.
//
// The sum runs over panels of the vocabulary in order, with one fixed tree, so
// that equal logits give equal bits whoever asks: a token generated and the
// same token scored later have the same log-probability.
#ifndef MILLIJOULE_ENGINE_SAMPLE_LOGPROBS_H_
#define MILLIJOULE_ENGINE_SAMPLE_LOGPROBS_H_

#include <span>

#include "absl/status/statusor.h"
#include "engine/request/delta.h"

namespace mj {

// log(sum over i of exp(logits[i])), given max = the largest of them.
double LogSumExp(std::span<const float> logits, float max);

// The token at a position and the `top` likeliest ones there, given the logits
// that predict the position. INTERNAL: as CheckPeak.
// REQUIRES: 0 <= token < logits.size(), top >= 0
absl::StatusOr<PositionLogprobs> LogprobsOf(std::span<const float> logits,
                                            TokenId token, int top);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_LOGPROBS_H_
