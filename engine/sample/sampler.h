// Chooses the next token of a sequence from its raw logits.
//
// Penalties and biases (penalties.h), temperature, top-k, top-p, min-p, draw
// (distribution.h). The choice depends on nothing but the arguments.
#ifndef MILLIJOULE_ENGINE_SAMPLE_SAMPLER_H_
#define MILLIJOULE_ENGINE_SAMPLE_SAMPLER_H_

#include <span>

#include "absl/status/statusor.h"
#include "engine/request/request.h"
#include "engine/sample/distribution.h"
#include "engine/sample/penalties.h"
#include "engine/sample/random.h"

namespace mj {

// Keeps its memory from row to row. One thread.
class Sampler final {
 public:
  // Temperature 0 (below 1e-5): the largest logit, of the lowest id.
  // INTERNAL: as FindPeak. REQUIRES: `params` is valid, ids in the vocabulary.
  absl::StatusOr<TokenId> Sample(std::span<const float> logits,
                                 const SamplingParams& params,
                                 const TokenHistory& history,
                                 const DrawKey& key);

 private:
  LogitAdjuster adjuster_;
  Distribution distribution_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_SAMPLER_H_
