// What an engine can hold, from what was asked for and what the model allows.
#ifndef MILLIJOULE_ENGINE_CAPACITY_H_
#define MILLIJOULE_ENGINE_CAPACITY_H_

#include "absl/status/statusor.h"
#include "engine/engine_options.h"
#include "engine/model/loaded_model.h"

namespace mj {

struct Capacity {
  EngineOptions options;  // max_model_len filled in
  int num_blocks = 0;     // of the KV arena
};

// No more blocks than max_num_seqs sequences of max_model_len can fill.
// INVALID_ARGUMENT names the option, its value and what it must be; also when
// kv_memory_bytes does not hold one block.
absl::StatusOr<Capacity> PlanCapacity(const EngineOptions& options,
                                      const LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_CAPACITY_H_
