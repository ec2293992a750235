// Whose joules: splits the modelled energy of a step among its sequences.
//
// A sequence pays its own marginal (its operations, KV and activation bytes,
// and the static power of their modelled time) and an equal share of the fixed
// part: the layer pass among all sequences with rows, the last layer's among
// those that want its output, the head pass among those that want logits
// (kernels/op_cost.h). For a cost that is affine in its members this is the
// Shapley value (Shapley 1953): efficient, symmetric, and nothing for a
// sequence that does nothing.
#ifndef MILLIJOULE_ENGINE_ENERGY_ATTRIBUTION_H_
#define MILLIJOULE_ENGINE_ENERGY_ATTRIBUTION_H_

#include <vector>

#include "hw_backends/models/step_cost_model.h"
#include "hw_backends/quantities.h"
#include "kernels/step_shape.h"

namespace mj {

enum class Phase { kPrefill, kDecode };

struct SequenceEnergy {
  Joules own{0};
  Joules shared{0};
  Seconds time{0};  // its own work's, and its share of the passes'
  Joules total() const { return own + shared; }
};

struct StepEnergy {
  std::vector<SequenceEnergy> sequences;  // as in the step's shape
  Joules total{0};                        // their sum
  Seconds time{0};                        // modelled
};

// O(sequences). Pure.
StepEnergy AttributeStep(const StepCostModel& model, const StepShape& step);

// What a sequence's shape tells: one row with context and logits is decode.
// A prompt's last chunk of one token looks the same; who knows better says so.
Phase PhaseOf(const SequenceShape& sequence);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_ATTRIBUTION_H_
