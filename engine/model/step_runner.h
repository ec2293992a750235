// Runs one step of the model: for real through the decoder, or priced on a
// platform's model, in virtual time.
#ifndef MILLIJOULE_ENGINE_MODEL_STEP_RUNNER_H_
#define MILLIJOULE_ENGINE_MODEL_STEP_RUNNER_H_

#include <functional>
#include <span>

#include "engine/model/forward_batch.h"
#include "hw_backends/backend.h"

namespace mj {

struct StepOutcome {
  StepReport report;
};

// Called once for each of the batch's logits rows, in their order, with the
// raw logits [vocab]; they live for the call only.
using LogitsSink =
    std::function<void(int logits_index, std::span<const float> logits)>;

class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // A runner that computes no logits never calls the sink.
  virtual StepOutcome Run(const ForwardBatch& batch,
                          const LogitsSink& sink) = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_STEP_RUNNER_H_
