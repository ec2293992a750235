#include "engine/queues.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/kv/sliding_window.h"
#include "hw_backends/backend.h"

namespace mj {
namespace {

SequenceView ViewOf(const Sequence& s) {
  return {.num_tokens = s.num_tokens(),
          .num_computed = s.num_computed,
          .num_blocks = s.blocks.size(),
          .max_tokens = s.max_tokens,
          .num_released = s.blocks.num_released()};
}

bool Ended(const Sequence* s) { return s->ended; }

}  // namespace

void Queues::ShareBeginnings(BlockHasher hasher, PrefixRegions regions) {
  reuse_.emplace(std::move(hasher), std::move(regions), window_, pool_);
}

void Queues::Append(Sequence& sequence) {
  if (reuse_) reuse_->Begin(sequence);
  waiting_.push_back(&sequence);
}

void Queues::End(Sequence& sequence) {
  sequence.blocks.Clear(pool_);
  sequence.ended = true;
}

void Queues::RemoveEnded() {
  std::erase_if(running_, Ended);
  std::erase_if(waiting_, Ended);
}

SequenceView Queues::ViewRunning(Sequence& s) {
  const bool decodes = s.num_tokens() - s.num_computed == 1;
  const bool follows = reuse_ && !decodes && reuse_->Follow(s);
  ReleaseUnneeded(s);
  SequenceView view = ViewOf(s);
  view.follows = follows;
  return view;
}

// Looks at the blocks of every sequence, so only where a plan may ask.
void Queues::CountShared(int block_size) {
  int wanted = 0;
  for (const SequenceView& view : running_views_) {
    wanted +=
        std::max(0, BlocksFor(view.num_tokens, block_size) - view.num_blocks);
  }
  if (wanted <= pool_.num_free()) return;
  for (int i = 0; i < num_running(); ++i) {
    const BlockTable& blocks = running_[i]->blocks;
    running_views_[i].num_shared_blocks =
        window_ > 0 ? blocks.CountShared(pool_) : blocks.NumShared(pool_);
  }
}

SequenceView Queues::ViewWaiting(Sequence& s) {
  SequenceView view = ViewOf(s);
  if (!reuse_) return view;
  const PrefixReuse::Start start = reuse_->Probe(s);
  view.num_blocks = start.num_blocks;
  view.num_free_blocks = start.num_idle;
  view.num_released = start.num_released;
  view.num_computed = start.num_blocks * kBlockSize + start.num_copied;
  view.follows = start.follows;
  return view;
}

PlanInput Queues::Snapshot(const ScheduleLimits& limits) {
  running_views_.clear();
  waiting_views_.clear();
  if (reuse_) reuse_->BeginRound();
  for (Sequence* s : running_) running_views_.push_back(ViewRunning(*s));
  if (reuse_) CountShared(limits.block_size);
  // Who cannot have its blocks lets nobody pass.
  int wanted = 0;
  for (Sequence* s : waiting_) {
    if (num_running() + static_cast<int>(waiting_views_.size()) >=
            limits.max_num_seqs ||
        wanted > pool_.num_free()) {
      break;
    }
    const SequenceView view = ViewWaiting(*s);
    wanted += BlocksFor(view.num_tokens, limits.block_size) - view.num_blocks +
              view.num_free_blocks;
    waiting_views_.push_back(view);
  }
  return {running_views_, waiting_views_, pool_.num_free(), limits};
}

int Queues::NumComputed(int i) const {
  const auto waiting = static_cast<size_t>(i - num_running());
  if (i < num_running()) return running_[i]->num_computed;
  return waiting < waiting_views_.size() ? waiting_views_[waiting].num_computed
                                         : 0;
}

void Queues::Preempt(Sequence& s) {
  s.blocks.Clear(pool_);
  s.num_recomputed_until = std::max(s.num_recomputed_until, s.num_computed);
  s.num_computed = 0;
  s.draft.clear();
  if (reuse_) reuse_->NotePreempted(s);
}

std::vector<Sequence*> Queues::Apply(const StepPlan& plan) {
  std::vector<Sequence*> preempted;
  for (int i = 0; i < plan.num_preempted; ++i) {
    Sequence* s = running_.back();
    running_.pop_back();
    Preempt(*s);
    waiting_.push_front(s);
    preempted.push_back(s);
  }
  // Before anyone grows: what they share must not be taken for that.
  for (int i = 0; i < plan.num_admitted; ++i) {
    Sequence* s = waiting_.front();
    waiting_.pop_front();
    if (reuse_) reuse_->Attach(*s);
    ReleaseUnneeded(*s);
    running_.push_back(s);
  }
  for (const PlannedRows& rows : plan.rows) {
    const absl::Status grown =
        running_[rows.sequence]->blocks.GrowTo(rows.num_blocks, pool_);
    assert(grown.ok());  // the plan counted the free blocks
    grown.IgnoreError();
  }
  copies_.clear();
  if (reuse_) reuse_->Copy(copies_);
  return preempted;
}

void Queues::NoteComputed(Sequence& sequence) {
  if (reuse_) reuse_->NoteComputed(sequence);
  ReleaseUnneeded(sequence);
}

void Queues::ReleaseUnneeded(Sequence& s) {
  if (window_ == 0) return;
  s.blocks.ReleaseBefore(FirstNeeded(s.num_computed, window_, kBlockSize),
                         pool_);
}

}  // namespace mj
