// The sequences of a simulation, in order of arrival: those that hold KV
// blocks, then those that wait for some. What Queues is to the engine, without
// text.
#ifndef MILLIJOULE_ENGINE_SIMULATE_SIMULATED_QUEUES_H_
#define MILLIJOULE_ENGINE_SIMULATE_SIMULATED_QUEUES_H_

#include <deque>
#include <vector>

#include "engine/kv/block_pool.h"
#include "engine/kv/block_table.h"
#include "engine/schedule/plan_step.h"

namespace mj {

struct SimulatedSequence {
  int request = 0;  // index into the trace
  int num_prompt = 0;
  int num_tokens = 0;  // prompt and generated
  int num_computed = 0;
  int max_tokens = 0;   // what the scheduler knows: the model's limit
  int true_tokens = 0;  // when it ends: hidden from scheduler and governor
  BlockTable blocks;

  int num_generated() const { return num_tokens - num_prompt; }
};

class SimulatedQueues final {
 public:
  explicit SimulatedQueues(int num_blocks) : pool_(num_blocks) {}

  void Append(SimulatedSequence sequence);

  // What PlanStep sees. Lives until the next call.
  PlanInput Snapshot(const ScheduleLimits& limits);
  // Admits, preempts and grows block tables as planned; from then on the
  // plan's indices are those into running(). Returns how many it preempted.
  int Apply(const StepPlan& plan);
  // Gives back the blocks of those that have all their tokens, and forgets
  // them.
  void RemoveEnded();

  std::vector<SimulatedSequence>& running() { return running_; }
  const std::vector<SimulatedSequence>& running() const { return running_; }
  const std::deque<SimulatedSequence>& waiting() const { return waiting_; }
  const BlockPool& pool() const { return pool_; }
  bool empty() const { return running_.empty() && waiting_.empty(); }

 private:
  BlockPool pool_;
  std::vector<SimulatedSequence> running_;
  std::deque<SimulatedSequence> waiting_;
  std::vector<SequenceView> running_views_, waiting_views_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_SIMULATED_QUEUES_H_
