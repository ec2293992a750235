// What steps of few rows really cost, measured before the first request, for
// those who choose how many rows a step has: a cost model knows operations and
// bytes, not where a kernel's tiles fill up or memory stops being the wait.
#ifndef MILLIJOULE_ENGINE_STEP_PROBE_H_
#define MILLIJOULE_ENGINE_STEP_PROBE_H_

#include <vector>

#include "engine/model/loaded_model.h"
#include "hw_backends/clock.h"
#include "hw_backends/quantities.h"
#include "kernels/step_shape.h"

namespace mj {

struct ProbedStep {
  StepShape shape;  // one sequence from position 0 on, all its logits wanted
  Seconds taken{0};
};

// Steps of 1 to 64 rows, each of some numbers of rows up to three times, as far
// as `budget` reaches, the most telling first; the pass that is running when
// it is spent is the last. One step more, which warms the caches, is not
// told. Writes keys and values into the first two blocks.
// REQUIRES: the backend's KV cache is allocated and nothing runs
std::vector<ProbedStep> ProbeSteps(LoadedModel& model, int num_blocks,
                                   Seconds budget, const Clock& clock);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_STEP_PROBE_H_
