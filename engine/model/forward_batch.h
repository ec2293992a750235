// One step's rows, ready for the decoder: which tokens, where they stand and
// whose logits are wanted. Made by the engine from a StepPlan.
#ifndef MILLIJOULE_ENGINE_MODEL_FORWARD_BATCH_H_
#define MILLIJOULE_ENGINE_MODEL_FORWARD_BATCH_H_

#include <cstdint>
#include <vector>

#include "hw_backends/backend.h"
#include "kernels/step_shape.h"

namespace mj {

// What a pass copies out of one row on its way; the pass itself is the same.
struct HiddenTap {
  int row = 0;                  // of the step; its logits are wanted
  int layer = 0;                // from 1 to the number of layers
  std::vector<float> residual;  // [hidden]: the residual after so many layers
  std::vector<float> output;    // [hidden]: what the head multiplies, normed
};

// Rows whose last hidden state is wanted: what the head would multiply, normed.
struct HiddenRows {
  std::vector<int> rows;      // of the step, ascending
  std::vector<float> values;  // [rows, hidden], once the pass has run
};

struct ForwardBatch {
  std::vector<int32_t> tokens;          // [rows], sequence after sequence
  std::vector<StepSequence> sequences;  // block tables stay the owner's
  std::vector<LogitsRow> logits_rows;   // ascending rows
  StepShape shape;                      // the same step, for cost models
  HiddenTap* tap = nullptr;             // for a decoder to fill
  HiddenRows* hidden = nullptr;         // the same; null: none are wanted
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_FORWARD_BATCH_H_
