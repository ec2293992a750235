#include "engine/energy/attribution.h"

namespace mj {
namespace {

// A pass, and the sequences that share it.
struct SharedPass {
  const Price& price;
  int num_sharing = 0;
};

void AddShare(const SharedPass& pass, SequenceEnergy& energy) {
  energy.shared += pass.price.energy / pass.num_sharing;
  energy.time += pass.price.time / pass.num_sharing;
}

}  // namespace

StepEnergy AttributeStep(const StepCostModel& model, const StepShape& step) {
  SharedPass layers{model.layer_pass()}, last_layer{model.last_layer_pass()},
      head{model.head_pass()};
  for (const SequenceShape& s : step.sequences) {
    layers.num_sharing += s.num_tokens > 0;
    last_layer.num_sharing += s.num_whole() > 0;
    head.num_sharing += s.num_logits > 0;
  }
  StepEnergy result;
  result.sequences.reserve(step.sequences.size());
  for (const SequenceShape& s : step.sequences) {
    const Price own = model.Own(s);
    SequenceEnergy energy{.own = own.energy, .time = own.time};
    if (s.num_tokens > 0) AddShare(layers, energy);
    if (s.num_whole() > 0) AddShare(last_layer, energy);
    if (s.num_logits > 0) AddShare(head, energy);
    result.time += own.time;
    result.total += energy.total();
    result.sequences.push_back(energy);
  }
  for (const SharedPass& pass : {layers, last_layer, head}) {
    if (pass.num_sharing > 0) result.time += pass.price.time;
  }
  return result;
}

Phase PhaseOf(const SequenceShape& s) {
  return s.num_tokens == 1 && s.context_tokens > 0 && s.num_logits > 0
             ? Phase::kDecode
             : Phase::kPrefill;
}

}  // namespace mj
