#include "engine/energy/rules/slo_pressure.h"

#include <algorithm>
#include <limits>

namespace mj {
namespace {

using Prompts = absl::InlinedVector<const SequenceProgress*, 16>;

double TokensAhead(const Prompts& prompts, const SequenceProgress& of) {
  double tokens = 0;
  for (const SequenceProgress* s : prompts) {
    tokens += std::min(s->uncomputed, of.uncomputed);
  }
  return tokens;
}

}  // namespace

SloPressure FindPressure(const GovernorInputs& inputs, const DueTimes& times) {
  SloPressure pressure;
  pressure.due = pressure.due_early =
      Seconds(std::numeric_limits<double>::infinity());
  Prompts prompts;
  for (const SequenceProgress& s : inputs.sequences) {
    if (s.tokens > 0) {
      ++pressure.num_decodes;
      const Seconds allowed = s.tokens * times.per_token;
      const Seconds cushion =
          std::min(times.most_cushion, times.cushion_share * allowed);
      const Seconds early = std::min(s.tokens * times.pace, allowed - cushion);
      pressure.due = std::min(pressure.due, s.first_token + allowed);
      pressure.due_early = std::min(pressure.due_early, s.first_token + early);
    }
    if (s.tokens > 0 && s.uncomputed == 1) continue;
    prompts.push_back(&s);
    pressure.prompt_tokens += s.uncomputed;
    pressure.step_prompt_rows += s.rows;
  }
  for (const SequenceProgress* s : prompts) {
    if (s->tokens > 0) continue;
    pressure.prompts.push_back({s->arrived, TokensAhead(prompts, *s)});
  }
  return pressure;
}

}  // namespace mj
