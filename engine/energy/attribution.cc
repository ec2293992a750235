#include "engine/energy/attribution.h"

namespace mj {

StepEnergy AttributeStep(const StepCostModel& model, const StepShape& step) {
  int num_with_rows = 0, num_with_logits = 0;
  for (const SequenceShape& s : step.sequences) {
    num_with_rows += s.num_tokens > 0;
    num_with_logits += s.num_logits > 0;
  }
  StepEnergy result;
  result.sequences.reserve(step.sequences.size());
  for (const SequenceShape& s : step.sequences) {
    const Price own = model.Own(s);
    SequenceEnergy energy{.own = own.energy, .time = own.time};
    if (s.num_tokens > 0) {
      energy.shared += model.layer_pass().energy / num_with_rows;
      energy.time += model.layer_pass().time / num_with_rows;
    }
    if (s.num_logits > 0) {
      energy.shared += model.head_pass().energy / num_with_logits;
      energy.time += model.head_pass().time / num_with_logits;
    }
    result.time += own.time;
    result.total += energy.total();
    result.sequences.push_back(energy);
  }
  if (num_with_rows > 0) result.time += model.layer_pass().time;
  if (num_with_logits > 0) result.time += model.head_pass().time;
  return result;
}

Phase PhaseOf(const SequenceShape& s) {
  return s.num_tokens == 1 && s.context_tokens > 0 && s.num_logits > 0
             ? Phase::kDecode
             : Phase::kPrefill;
}

}  // namespace mj
