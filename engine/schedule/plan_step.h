// Which sequences run in the next step, and with how many tokens: continuous
// batching (Orca, Yu et al. 2022) with chunked prefill (Sarathi-Serve, Agrawal
// et al. 2024) over paged KV. A pure function of plain data.
//
// The policy, in order:
// 1. Decode first: a running sequence that lacks one token gets one row.
// 2. Admission, first come first served: the first waiting sequence starts if
//    a sequence and a row are left for it and its blocks are free beyond what
//    running prompts will still need and one for each sequence that may grow.
//    Nobody overtakes it.
// 3. Prefill: the rows left are shared by water filling. Prompts advance
//    together, each by the same number of tokens or by all it lacks, so short
//    ones finish first and long ones never stand still. Who waits for tokens
//    that an earlier one computes gets none.
// 4. Blocks, oldest first: who finds none takes those of the latest arrival
//    (preemption by recompute); what others share of them does not count,
//    until they have gone, too. The latest itself keeps what it has and gets
//    fewer rows, or none.
//
// Nothing deadlocks: the oldest sequence can take every block of the pool, and
// admission to the engine has proven that these are enough for it. Nothing
// starves: who runs is a prefix of the order of arrival, and the first of it
// always advances, as it waits for nobody.
#ifndef MILLIJOULE_ENGINE_SCHEDULE_PLAN_STEP_H_
#define MILLIJOULE_ENGINE_SCHEDULE_PLAN_STEP_H_

#include <span>
#include <vector>

#include "engine/schedule/limits.h"

namespace mj {

// One sequence, as far as a plan needs to know it.
struct SequenceView {
  int num_tokens = 0;    // known: prompt and generated
  int num_computed = 0;  // of these, in the KV cache; < num_tokens
  int num_blocks = 0;    // held, or to be shared when it starts
  int max_tokens = 0;    // it may ever have; >= num_tokens
  // Of a running sequence's blocks, those that others hold, too: preemption
  // would not free them. Not read where the free blocks are enough for all that
  // running sequences lack, as then nobody is preempted.
  int num_shared_blocks = 0;
  // Of a waiting sequence's blocks, those that count as free until it starts.
  int num_free_blocks = 0;
  bool follows = false;  // an earlier one computes what it needs next
  int num_released = 0;  // of its blocks: given back, out of its window
};

// `running` and `waiting` are in order of arrival, and all of `running` came
// before all of `waiting`; what waiting sequences have computed lies in shared
// blocks.
struct PlanInput {
  std::span<const SequenceView> running;
  std::span<const SequenceView> waiting;  // the first max_num_seqs do
  int num_free_blocks = 0;
  ScheduleLimits limits;
};

struct PlannedRows {
  int sequence = 0;    // index into running, then waiting
  int num_rows = 0;    // > 0; those after its tokens are for drafts
  int num_blocks = 0;  // it holds after growing for these rows
};

struct StepPlan {
  std::vector<PlannedRows> rows;  // ascending sequences
  int num_admitted = 0;           // the first of `waiting` that start
  int num_preempted = 0;          // the last of `running` that lose all blocks
};

// REQUIRES: limits are > 0; each sequence alone fits in the pool, with all its
// tokens, or with its window and one row more.
// O(n log n) in the sequences.
StepPlan PlanStep(const PlanInput& input);

// Rows and free blocks that the plan leaves.
struct PlanRest {
  int rows = 0;
  int blocks = 0;  // none while somebody loses blocks
};
PlanRest RestOf(const PlanInput& input, const StepPlan& plan);

// Gives draft tokens rows from what is left, first ones first: lengths[k] at
// the most to plan.rows[k], which runs and lacks one token only if it is > 0.
void AddDraftRows(const PlanInput& input, std::span<const int> lengths,
                  StepPlan& plan);

// Blocks that hold `num_tokens` positions.
inline int BlocksFor(int num_tokens, int block_size) {
  return (num_tokens + block_size - 1) / block_size;
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SCHEDULE_PLAN_STEP_H_
