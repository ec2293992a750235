// Runs one step of the model: for real through the decoder, or priced on a
// platform's model, in virtual time.
#ifndef MILLIJOULE_ENGINE_MODEL_STEP_RUNNER_H_
#define MILLIJOULE_ENGINE_MODEL_STEP_RUNNER_H_

#include <cstdint>
#include <functional>
#include <span>

#include "engine/model/forward_batch.h"
#include "hw_backends/backend.h"
#include "hw_backends/top_logits.h"

namespace mj {

struct StepOutcome {
  StepReport report;
};

// A row's raw logits: what its LogitsRow wants, the other is empty.
struct RowLogits {
  std::span<const float> all;       // [vocab]
  std::span<const TokenLogit> top;  // the largest, in order
};

// Called once for each of the batch's logits rows, in their order; the logits
// live for the call only.
using LogitsSink =
    std::function<void(int logits_index, const RowLogits& logits)>;

class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // A runner that computes no logits never calls the sink.
  virtual StepOutcome Run(const ForwardBatch& batch,
                          const LogitsSink& sink) = 0;
  // Layers that have been computed, ever; grows within a step. Any thread.
  virtual uint64_t layers_done() const { return 0; }
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_STEP_RUNNER_H_
