#include "engine/capacity.h"

#include <algorithm>
#include <climits>

#include "absl/strings/str_cat.h"
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
                                      const LoadedModel& model) {
  absl::Status status = CheckRanges(options, model);
  if (!status.ok()) return status;
  Capacity capacity{options};
  if (options.max_model_len == 0) {
    capacity.options.max_model_len = model.config.context_length;
  }
  const int64_t block_bytes = model.backend->KvBytesPerBlock(model.kv_shape);
  const int64_t affordable = options.kv_memory_bytes / block_bytes;
  if (affordable < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "kv-memory is ", options.kv_memory_bytes, " bytes; one block of ",
        kBlockSize, " tokens takes ", block_bytes));
  }
  const int64_t usable = int64_t{options.max_num_seqs} *
                         BlocksFor(capacity.options.max_model_len, kBlockSize);
  // Positions of the arena are counted in int.
  capacity.num_blocks = static_cast<int>(
      std::min({affordable, usable, int64_t{INT_MAX / kBlockSize}}));
  return capacity;
}

}  // namespace mj
