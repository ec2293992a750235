// What a step may use. Read once a step, so that a plan never sees two values.
#ifndef MILLIJOULE_ENGINE_SCHEDULE_LIMITS_H_
#define MILLIJOULE_ENGINE_SCHEDULE_LIMITS_H_

#include <climits>

namespace mj {

struct ScheduleLimits {
  int max_num_seqs = 0;        // sequences that hold blocks
  int max_batched_tokens = 0;  // rows
  int block_size = 0;          // tokens a KV block holds
  // A sequence holds at once, as it gives those back that are out of its
  // window; no more than the pool has. INT_MAX: it gives none back.
  int most_blocks = INT_MAX;
};

// What may change while the engine runs.
struct StepLimits {
  ScheduleLimits schedule{};
  // Of the time with work to do, the part that steps may take; the rest is a
  // pause after each (duty cycling). In (0, 1].
  double busy_share = 1;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SCHEDULE_LIMITS_H_
