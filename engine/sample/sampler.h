// Chooses the next token of a sequence from its raw logits.
//
// Penalties and biases (penalties.h), temperature, top-k, top-p, min-p, draw
// (distribution.h). The choice depends on nothing but the arguments.
#ifndef MILLIJOULE_ENGINE_SAMPLE_SAMPLER_H_
#define MILLIJOULE_ENGINE_SAMPLE_SAMPLER_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/request/request.h"
#include "engine/sample/distribution.h"
#include "engine/sample/penalties.h"
#include "engine/sample/random.h"
#include "hw_backends/top_logits.h"

namespace mj {

// How many of a row's largest logits decide the choice, whatever the others
// are: 1 where it is greedy (temperature below 1e-5, top-k 1, top-p 0), top-k
// where that is small. 0: all of them.
int NumDecisive(const SamplingParams& params);

// Keeps its memory from row to row. One thread.
class Sampler final {
 public:
  // Greedy: the largest logit, of the lowest id.
  // INTERNAL: as FindPeak. REQUIRES: `params` is valid, ids in the vocabulary.
  absl::StatusOr<TokenId> Sample(std::span<const float> logits,
                                 const SamplingParams& params,
                                 const TokenHistory& history,
                                 const DrawKey& key);

  // The same token, from the decisive logits alone.
  // INTERNAL: as CheckPeak. REQUIRES: `params` changes no logits; `top` is
  // NumDecisive(params) > 0 long, or holds the whole vocabulary; in order.
  absl::StatusOr<TokenId> SampleTop(std::span<const TokenLogit> top,
                                    const SamplingParams& params,
                                    const DrawKey& key);

 private:
  // With top-p and min-p, of what `distribution_` keeps.
  TokenId Draw(const SamplingParams& params, const DrawKey& key);

  LogitAdjuster adjuster_;
  Distribution distribution_;
  std::vector<float> values_;  // of the decisive tokens
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_SAMPLER_H_
