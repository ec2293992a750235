#include "engine/queues.h"

#include <algorithm>
#include <cassert>

namespace mj {
namespace {

SequenceView ViewOf(const Sequence& s) {
  return {s.num_tokens(), s.num_computed, s.blocks.size(), s.max_tokens};
}

bool Ended(const Sequence* s) { return s->ended; }

}  // namespace

void Queues::End(Sequence& sequence) {
  sequence.blocks.Clear(pool_);
  sequence.ended = true;
}

void Queues::RemoveEnded() {
  std::erase_if(running_, Ended);
  std::erase_if(waiting_, Ended);
}

PlanInput Queues::Snapshot(const ScheduleLimits& limits) {
  running_views_.clear();
  waiting_views_.clear();
  for (const Sequence* s : running_) running_views_.push_back(ViewOf(*s));
  const size_t most = std::min<size_t>(waiting_.size(), limits.max_num_seqs);
  for (size_t i = 0; i < most; ++i) {
    waiting_views_.push_back(ViewOf(*waiting_[i]));
  }
  return {running_views_, waiting_views_, pool_.num_free(), limits};
}

std::vector<Sequence*> Queues::Apply(const StepPlan& plan) {
  std::vector<Sequence*> preempted;
  for (int i = 0; i < plan.num_preempted; ++i) {
    Sequence* s = running_.back();
    running_.pop_back();
    s->blocks.Clear(pool_);
    s->num_recomputed_until =
        std::max(s->num_recomputed_until, s->num_computed);
    s->num_computed = 0;
    waiting_.push_front(s);
    preempted.push_back(s);
  }
  for (int i = 0; i < plan.num_admitted; ++i) {
    running_.push_back(waiting_.front());
    waiting_.pop_front();
  }
  for (const PlannedRows& rows : plan.rows) {
    const absl::Status grown =
        running_[rows.sequence]->blocks.GrowTo(rows.num_blocks, pool_);
    assert(grown.ok());  // the plan counted the free blocks
    grown.IgnoreError();
  }
  return preempted;
}

}  // namespace mj
