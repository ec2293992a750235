// The sequences in flight, in order of arrival: those that hold KV blocks,
// then those that wait for some. Engine thread only.
#ifndef MILLIJOULE_ENGINE_QUEUES_H_
#define MILLIJOULE_ENGINE_QUEUES_H_

#include <deque>
#include <vector>

#include "engine/kv/block_pool.h"
#include "engine/request/sequence.h"
#include "engine/schedule/plan_step.h"

namespace mj {

class Queues final {
 public:
  explicit Queues(int num_blocks) : pool_(num_blocks) {}

  void Append(Sequence& sequence) { waiting_.push_back(&sequence); }
  // Gives its blocks back; RemoveEnded() then forgets it.
  void End(Sequence& sequence);
  void RemoveEnded();

  // What PlanStep sees. Lives until the next call.
  PlanInput Snapshot(const ScheduleLimits& limits);
  // Admits, preempts and grows block tables as planned. Returns the sequences
  // that were preempted; `plan`'s indices are those into running() from now on.
  std::vector<Sequence*> Apply(const StepPlan& plan);

  // As a plan's indices before Apply(): running, then waiting.
  const Sequence& At(int i) const {
    return i < num_running() ? *running_[i] : *waiting_[i - num_running()];
  }
  const std::vector<Sequence*>& running() const { return running_; }
  int num_running() const { return static_cast<int>(running_.size()); }
  int num_waiting() const { return static_cast<int>(waiting_.size()); }
  const BlockPool& pool() const { return pool_; }

 private:
  BlockPool pool_;
  std::vector<Sequence*> running_;
  std::deque<Sequence*> waiting_;
  std::vector<SequenceView> running_views_, waiting_views_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_QUEUES_H_
