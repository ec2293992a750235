// Flags that run a model as cheaper hardware would hold it, to see what that
// does to its answers.
#ifndef MILLIJOULE_ENGINE_REDUCTION_FLAGS_H_
#define MILLIJOULE_ENGINE_REDUCTION_FLAGS_H_

#include <vector>

#include "engine/engine_flags.h"

namespace mj {

// --weight-sparsity, --weight-bits and --activation-bits into `flags`, which
// must outlive the result.
std::vector<Flag> ReductionFlagTable(EngineFlags& flags);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REDUCTION_FLAGS_H_
