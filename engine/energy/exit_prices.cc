#include "engine/energy/exit_prices.h"

#include <utility>

namespace mj {
namespace {

// A part of the model. Its rows come from other parts, not from the embedding.
ModelShape PartOf(ModelShape model, std::span<const LayerShape> layers,
                  const MatrixShape& head) {
  model.layers.assign(layers.begin(), layers.end());
  model.embedding = {};
  model.head = head;
  return model;
}

ModelShape LowerPart(const ModelShape& model, const ModelShape& drafting) {
  ModelShape part = PartOf(model, drafting.layers, {});
  part.embedding = model.embedding;
  return part;
}

// The step with only some of its sequences.
StepShape OnlyOf(const StepShape& step, std::span<const int> members) {
  StepShape part;
  part.sequences.resize(step.sequences.size());
  for (int i : members) part.sequences[i] = step.sequences[i];
  return part;
}

void Add(const StepEnergy& part, StepEnergy& sum) {
  sum.sequences.resize(part.sequences.size());
  for (size_t i = 0; i < part.sequences.size(); ++i) {
    sum.sequences[i].own += part.sequences[i].own;
    sum.sequences[i].shared += part.sequences[i].shared;
    sum.sequences[i].time += part.sequences[i].time;
  }
  sum.total += part.total;
  sum.time += part.time;
}

}  // namespace

ExitPrices::ExitPrices(const ModelShape& model, const ModelShape& drafting,
                       const Pricer& price)
    : lower_(price(LowerPart(model, drafting))),
      head_(price(PartOf(model, {}, drafting.head))),
      upper_(price(PartOf(
          model, std::span(model.layers).subspan(drafting.layers.size()),
          model.head))) {
  for (const LayerShape& layer :
       std::span(model.layers).subspan(drafting.layers.size())) {
    skipped_.push_back(price(PartOf(model, {&layer, 1}, {})));
  }
}

ExitStake ExitPrices::Stake(int context) const {
  const SequenceShape row{1, context, 1}, skips{1, context, 0};
  ExitStake stake{.ask_pass = head_.AllPasses().energy,
                  .ask_row = head_.Own(row).energy,
                  .upper_pass = upper_.AllPasses().energy,
                  .upper_row = upper_.Own(row).energy};
  for (const StepCostModel& layer : skipped_) {
    stake.skip_pass += layer.layer_pass().energy;
    stake.skip_row += layer.Own(skips).energy;
  }
  return stake;
}

StepEnergy ExitPrices::Attribute(const StepShape& step,
                                 std::span<const int> asked,
                                 std::span<const int> left) const {
  StepEnergy energy;
  // All rows pass whole layers, whoever wants logits.
  StepShape lower = step;
  for (SequenceShape& s : lower.sequences) {
    s.num_logits = 0;
    s.num_hidden = s.num_tokens;
  }
  Add(AttributeStep(lower_, lower), energy);
  Add(AttributeStep(head_, OnlyOf(step, asked)), energy);
  StepShape leaving = OnlyOf(step, left);
  for (SequenceShape& s : leaving.sequences) s.num_logits = 0;
  for (const StepCostModel& layer : skipped_) {
    Add(AttributeStep(layer, leaving), energy);
  }
  StepShape staying = step;
  for (int i : left) staying.sequences[i] = {};
  Add(AttributeStep(upper_, staying), energy);
  return energy;
}

}  // namespace mj
