// The sequences in flight, in order of arrival: those that hold KV blocks,
// then those that wait for some. Engine thread only.
#ifndef MILLIJOULE_ENGINE_QUEUES_H_
#define MILLIJOULE_ENGINE_QUEUES_H_

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "engine/kv/block_pool.h"
#include "engine/prefix_reuse.h"
#include "engine/request/sequence.h"
#include "engine/schedule/plan_step.h"

namespace mj {

class Queues final {
 public:
  // `window`: as CommonWindow() says, of the model.
  Queues(int num_blocks, int window) : pool_(num_blocks), window_(window) {}

  // Sequences share the blocks of equal beginnings from now on. Before the
  // first one.
  void ShareBeginnings(BlockHasher hasher, PrefixRegions regions);

  void Append(Sequence& sequence);
  // Gives its blocks back; RemoveEnded() then forgets it.
  void End(Sequence& sequence);
  void RemoveEnded();

  // What PlanStep sees. Lives until the next call. Running sequences take in
  // what others have computed for them.
  PlanInput Snapshot(const ScheduleLimits& limits);
  // Admits, preempts and grows block tables as planned. Returns the sequences
  // that were preempted; `plan`'s indices are those into running() from now on.
  std::vector<Sequence*> Apply(const StepPlan& plan);
  // Of the KV cache, to be made in this order before the step runs. Valid until
  // the next Apply().
  std::span<const BlockCopy> copies() const { return copies_; }
  // Its num_computed has grown by what a step has computed. Blocks that are out
  // of its window go back.
  void NoteComputed(Sequence& sequence);

  // As a plan's indices before Apply(): running, then waiting.
  const Sequence& At(int i) const {
    return i < num_running() ? *running_[i] : *waiting_[i - num_running()];
  }
  // Of its tokens, those that need not be computed, by the latest Snapshot().
  int NumComputed(int i) const;
  const std::vector<Sequence*>& running() const { return running_; }
  int num_running() const { return static_cast<int>(running_.size()); }
  int num_waiting() const { return static_cast<int>(waiting_.size()); }
  const BlockPool& pool() const { return pool_; }
  PrefixReuse* reuse() { return reuse_ ? &*reuse_ : nullptr; }  // null: none

 private:
  SequenceView ViewRunning(Sequence& s);
  SequenceView ViewWaiting(Sequence& s);
  void CountShared(int block_size);
  void ReleaseUnneeded(Sequence& s);
  void Preempt(Sequence& s);

  BlockPool pool_;
  const int window_;
  std::optional<PrefixReuse> reuse_;
  std::vector<Sequence*> running_;
  std::deque<Sequence*> waiting_;
  std::vector<SequenceView> running_views_, waiting_views_;
  std::vector<BlockCopy> copies_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_QUEUES_H_
