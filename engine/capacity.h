// What an engine can hold, from what was asked for and what the model allows.
#ifndef MILLIJOULE_ENGINE_CAPACITY_H_
#define MILLIJOULE_ENGINE_CAPACITY_H_

#include "absl/status/statusor.h"
#include "engine/engine_options.h"
#include "engine/model/loaded_model.h"
#include "engine/schedule/limits.h"

namespace mj {

struct Capacity {
  EngineOptions options;  // max_model_len filled in
  int num_blocks = 0;     // of the KV arena, and of the draft model's
  int window = 0;         // CommonWindow() of the model's layers
  int kv_tokens = 0;      // positions that a sequence may have for the arena
  // Of the KV arenas.
  int64_t model_bytes = 0, draft_bytes = 0;
};

// No more blocks than max_num_seqs sequences of max_model_len can fill.
// `draft`, the draft model, or null, has as many blocks, in the same memory.
// INVALID_ARGUMENT names the option, its value and what it must be; also when
// kv_memory_bytes does not hold one block of each.
absl::StatusOr<Capacity> PlanCapacity(const EngineOptions& options,
                                      const LoadedModel& model,
                                      const LoadedModel* draft);

// The schedule's limits of an engine of that capacity.
ScheduleLimits ScheduleOf(const Capacity& capacity);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_CAPACITY_H_
