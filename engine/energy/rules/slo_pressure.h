// What the requests in flight ask of the next steps, in one pass over them.
#ifndef MILLIJOULE_ENGINE_ENERGY_RULES_SLO_PRESSURE_H_
#define MILLIJOULE_ENGINE_ENERGY_RULES_SLO_PRESSURE_H_

#include "absl/container/inlined_vector.h"
#include "engine/energy/governor.h"
#include "hw_backends/quantities.h"

namespace mj {

// A prompt that is not done: with all prompts advancing together, it ends once
// `tokens_ahead` prompt tokens are computed, its own among them.
struct PromptPressure {
  Seconds arrived{0};
  double tokens_ahead = 0;
};

struct SloPressure {
  // Without a first token; those with the fewest tokens ahead come first.
  absl::InlinedVector<PromptPressure, 16> prompts;
  double prompt_tokens = 0;  // to compute, recomputed ones too
  double step_prompt_rows = 0;
  int num_decodes = 0;
  // The earliest that a reply's next token is due; infinite without replies.
  Seconds due{0};
  // The same by the pace and with the cushion.
  Seconds due_early{0};
};

struct DueTimes {
  Seconds per_token{0};  // TPOT to aim for
  Seconds pace{0};       // the same for due_early, at the most per_token
  Seconds most_cushion{0};
  double cushion_share = 0;  // of the time since the first token, until most
};

// O(sequences + prompts log prompts).
SloPressure FindPressure(const GovernorInputs& inputs, const DueTimes& times);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_RULES_SLO_PRESSURE_H_
