// One step's rows, ready for the decoder: which tokens, where they stand and
// whose logits are wanted. Made by the engine from a StepPlan.
#ifndef MILLIJOULE_ENGINE_MODEL_FORWARD_BATCH_H_
#define MILLIJOULE_ENGINE_MODEL_FORWARD_BATCH_H_

#include <cstdint>
#include <vector>

#include "hw_backends/backend.h"
#include "kernels/step_shape.h"

namespace mj {

struct ForwardBatch {
  std::vector<int32_t> tokens;          // [rows], sequence after sequence
  std::vector<StepSequence> sequences;  // block tables stay the owner's
  std::vector<LogitsRow> logits_rows;   // ascending rows
  StepShape shape;                      // the same step, for cost models
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_FORWARD_BATCH_H_
