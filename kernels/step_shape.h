// What one engine step computes, without its contents.
#ifndef MILLIJOULE_KERNELS_STEP_SHAPE_H_
#define MILLIJOULE_KERNELS_STEP_SHAPE_H_

#include <vector>

namespace mj {

struct SequenceShape {
  int num_tokens = 0;      // rows of this step
  int context_tokens = 0;  // positions already in the KV cache
  int num_logits = 0;      // rows whose logits are wanted: taken for the last
};

struct StepShape {
  std::vector<SequenceShape> sequences;
};

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_STEP_SHAPE_H_
