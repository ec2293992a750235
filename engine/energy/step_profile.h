// What profiling a platform beforehand tells a governor that predicts with
// straight lines, per clock (the predictor of VoltanaLLM, arXiv 2509.04827):
//   decode:  t = base + per_sequence B + per_token KV
//   prompts: t = base + per_prompt_token tokens
// B: sequences that decode, KV: their tokens in the cache. A step with both
// costs the sum with one base.
#ifndef MILLIJOULE_ENGINE_ENERGY_STEP_PROFILE_H_
#define MILLIJOULE_ENGINE_ENERGY_STEP_PROFILE_H_

#include <vector>

#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/quantities.h"

namespace mj {

struct ClockProfile {
  Seconds base{0}, per_sequence{0}, per_token{0}, per_prompt_token{0};
  Price full_step;  // of a prompt's chunk of max_batched_tokens rows
};

// What a step is made of, as far as straight lines see it.
struct StepMix {
  double sequences = 0, kv_tokens = 0, prompt_tokens = 0;
};

inline Seconds PredictTime(const ClockProfile& p, const StepMix& mix) {
  return p.base + mix.sequences * p.per_sequence + mix.kv_tokens * p.per_token +
         mix.prompt_tokens * p.per_prompt_token;
}

// One a clock, from steps priced at 1 and 64 sequences and at contexts of 1 and
// 1024 tokens. `bias`: what all predictions are wrong by; 1: right.
std::vector<ClockProfile> ProfilePlatform(const PlatformCostModel& model,
                                          int max_batched_tokens, double bias);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_STEP_PROFILE_H_
