#include "engine/energy/step_profile.h"

namespace mj {
namespace {

StepShape DecodeStep(int sequences, int context) {
  StepShape step;
  step.sequences.assign(
      sequences, {.num_tokens = 1, .context_tokens = context, .num_logits = 1});
  return step;
}

}  // namespace

std::vector<ClockProfile> ProfilePlatform(const PlatformCostModel& model,
                                          int max_batched_tokens, double bias) {
  constexpr int kManySequences = 64, kLongContext = 1024;
  const StepDemand one = model.DemandOf(DecodeStep(1, 1));
  const StepDemand many = model.DemandOf(DecodeStep(kManySequences, 1));
  const StepDemand deep =
      model.DemandOf(DecodeStep(kManySequences, kLongContext));
  const StepDemand full =
      model.DemandOf({{{.num_tokens = max_batched_tokens, .num_logits = 1}}});
  std::vector<ClockProfile> profiles;
  for (int clock = 0; clock < model.num_clocks(); ++clock) {
    const auto time = [&](const StepDemand& demand) {
      return bias * model.PriceAt(demand, clock).time;
    };
    ClockProfile p;
    p.per_sequence = (time(many) - time(one)) / (kManySequences - 1);
    p.per_token =
        (time(deep) - time(many)) / (kManySequences * (kLongContext - 1));
    p.base = time(one) - p.per_sequence - p.per_token;
    p.per_prompt_token = (time(full) - p.base) / max_batched_tokens;
    const Price price = model.PriceAt(full, clock);
    p.full_step = {bias * price.energy, bias * price.time};
    profiles.push_back(p);
  }
  return profiles;
}

}  // namespace mj
