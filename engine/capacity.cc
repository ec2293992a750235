#include "engine/capacity.h"

#include <algorithm>
#include <climits>

#include "absl/strings/str_cat.h"
#include "engine/kv/sliding_window.h"
#include "engine/schedule/plan_step.h"

namespace mj {
namespace {

absl::Status InRange(const char* option, int value, int low, int high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      option, " is ", value, "; it must be from ", low, " to ", high));
}

absl::Status CheckRanges(const EngineOptions& o, const LoadedModel& model) {
  for (absl::Status status :
       {InRange("max-model-len", o.max_model_len, 0,
                model.config.context_length),
        InRange("max-batched-tokens", o.max_batched_tokens, 1, model.max_rows),
        InRange("max-num-seqs", o.max_num_seqs, 1, INT_MAX / 2),
        InRange("max-queue", o.max_queue, 1, INT_MAX / 2)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Capacity> PlanCapacity(const EngineOptions& options,
                                      const LoadedModel& model,
                                      const LoadedModel* draft) {
  absl::Status status = CheckRanges(options, model);
  if (!status.ok()) return status;
  Capacity capacity{options};
  if (options.max_model_len == 0) {
    capacity.options.max_model_len = model.config.context_length;
  }
  const int64_t own_bytes = model.backend->KvBytesPerBlock(model.kv_shape);
  const int64_t its_bytes =
      draft == nullptr ? 0 : draft->backend->KvBytesPerBlock(draft->kv_shape);
  const int64_t affordable = options.kv_memory_bytes / (own_bytes + its_bytes);
  if (affordable < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "kv-memory is ", options.kv_memory_bytes, " bytes; one block of ",
        kBlockSize, " tokens takes ", own_bytes,
        draft == nullptr
            ? ""
            : absl::StrCat(", and ", its_bytes, " of the draft model ",
                           draft->name, ": ", own_bytes + its_bytes)));
  }
  const int64_t usable = int64_t{options.max_num_seqs} *
                         BlocksFor(capacity.options.max_model_len, kBlockSize);
  // Positions of the arena are counted in int.
  capacity.num_blocks = static_cast<int>(
      std::min({affordable, usable, int64_t{INT_MAX / kBlockSize}}));
  capacity.model_bytes = capacity.num_blocks * own_bytes;
  capacity.draft_bytes = capacity.num_blocks * its_bytes;
  capacity.window = CommonWindow(model.config.windows);
  const bool holds_window =
      capacity.window > 0 &&
      MostNeeded(capacity.window, kBlockSize) <= capacity.num_blocks;
  capacity.kv_tokens = holds_window ? capacity.options.max_model_len
                                    : capacity.num_blocks * kBlockSize;
  return capacity;
}

ScheduleLimits ScheduleOf(const Capacity& capacity) {
  const EngineOptions& options = capacity.options;
  ScheduleLimits limits{options.max_num_seqs, options.max_batched_tokens,
                        kBlockSize};
  if (capacity.window > 0) {
    const int rows = BlocksFor(options.max_batched_tokens, kBlockSize);
    limits.most_blocks = std::min(
        capacity.num_blocks, MostNeeded(capacity.window, kBlockSize) + rows);
  }
  return limits;
}

}  // namespace mj
