#include "engine/simulate/simulated_queues.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mj {
namespace {

SequenceView ViewOf(const SimulatedSequence& s) {
  return {s.num_tokens, s.num_computed, s.blocks.size(), s.max_tokens};
}

bool Ended(const SimulatedSequence& s) { return s.num_tokens >= s.true_tokens; }

}  // namespace

void SimulatedQueues::Append(SimulatedSequence sequence) {
  waiting_.push_back(std::move(sequence));
}

PlanInput SimulatedQueues::Snapshot(const ScheduleLimits& limits) {
  running_views_.clear();
  waiting_views_.clear();
  for (const SimulatedSequence& s : running_) {
    running_views_.push_back(ViewOf(s));
  }
  const size_t most = std::min<size_t>(waiting_.size(), limits.max_num_seqs);
  for (size_t i = 0; i < most; ++i) {
    waiting_views_.push_back(ViewOf(waiting_[i]));
  }
  return {running_views_, waiting_views_, pool_.num_free(), limits};
}

int SimulatedQueues::Apply(const StepPlan& plan) {
  for (int i = 0; i < plan.num_preempted; ++i) {
    SimulatedSequence s = std::move(running_.back());
    running_.pop_back();
    s.blocks.Clear(pool_);
    s.num_computed = 0;
    waiting_.push_front(std::move(s));
  }
  for (int i = 0; i < plan.num_admitted; ++i) {
    running_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  for (const PlannedRows& rows : plan.rows) {
    const absl::Status grown =
        running_[rows.sequence].blocks.GrowTo(rows.num_blocks, pool_);
    assert(grown.ok());  // the plan counted the free blocks
    grown.IgnoreError();
  }
  return plan.num_preempted;
}

void SimulatedQueues::RemoveEnded() {
  for (SimulatedSequence& s : running_) {
    if (Ended(s)) s.blocks.Clear(pool_);
  }
  std::erase_if(running_, Ended);
}

}  // namespace mj
