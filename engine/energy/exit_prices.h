// What a step costs in which rows may leave early (speculate/exit_pass.h), part
// by part: the layers up to the exit for all rows, the exit head for those that
// ask it, keys and values of the skipped layers for those that leave, and the
// rest of the model for those that stay. Each part is split among its sequences
// as a step is (attribution.h), and the parts' sum is the step's.
#ifndef MILLIJOULE_ENGINE_ENERGY_EXIT_PRICES_H_
#define MILLIJOULE_ENGINE_ENERGY_EXIT_PRICES_H_

#include <functional>
#include <span>
#include <vector>

#include "engine/energy/attribution.h"
#include "engine/speculate/exit_stake.h"
#include "hw_backends/models/step_cost_model.h"
#include "kernels/model_shape.h"

namespace mj {

// Immutable: any thread.
class ExitPrices final {
 public:
  using Pricer = std::function<StepCostModel(const ModelShape&)>;
  // `drafting`: the model's first layers, and as its head what a draft
  // multiplies with. `price` makes each part's cost model.
  ExitPrices(const ModelShape& model, const ModelShape& drafting,
             const Pricer& price);

  // Of rows with so many positions before them.
  ExitStake Stake(int context) const;
  // `asked` and `left`: numbers of sequences of the step, of one row each;
  // who left was asked.
  StepEnergy Attribute(const StepShape& step, std::span<const int> asked,
                       std::span<const int> left) const;

 private:
  StepCostModel lower_, head_, upper_;
  std::vector<StepCostModel> skipped_;  // a layer each
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_EXIT_PRICES_H_
