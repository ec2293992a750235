#include "engine/energy/rules/slo_pressure.h"

#include <algorithm>
#include <limits>

namespace mj {
namespace {

using Prompts = absl::InlinedVector<const SequenceProgress*, 16>;

// For each of `prompts`, which it sorts by their tokens: what all of them
// compute until it is done.
void FindTokensAhead(Prompts& prompts, SloPressure& pressure) {
  std::sort(prompts.begin(), prompts.end(),
            [](const SequenceProgress* a, const SequenceProgress* b) {
              return a->uncomputed < b->uncomputed;
            });
  double shorter = 0;  // tokens of those before
  for (size_t i = 0; i < prompts.size(); ++i) {
    const SequenceProgress& s = *prompts[i];
    const double as_long =
        s.uncomputed * static_cast<double>(prompts.size() - i);
    if (s.tokens == 0)
      pressure.prompts.push_back({s.arrived, shorter + as_long});
    shorter += s.uncomputed;
  }
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
  FindTokensAhead(prompts, pressure);
  return pressure;
}

}  // namespace mj
