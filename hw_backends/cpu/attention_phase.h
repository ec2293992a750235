// What one layer does between its qkv product and its output product, over
// all threads: head norms, rotation, the KV write; then attention. The cut
// into tasks changes no bit.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_ATTENTION_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_ATTENTION_PHASE_H_

#include <span>
#include <vector>

#include "hw_backends/backend.h"
#include "hw_backends/cpu/kv_cache.h"
#include "hw_backends/cpu/linear_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

// Where a row of the step lies in its sequence.
struct RowPlace {
  int position = 0;
  int32_t block = 0;  // of the KV cache, for this position
};

// A rope's angles for the rows of a step: [rows, pairs].
struct RotationTable {
  RopeSpec spec;
  bool ready = false;  // computed for this step
  std::vector<float> cosines, sines;
};

void ComputeRotations(WorkerPool& pool, std::span<const RowPlace> rows,
                      RotationTable& table);

// q_norm, k_norm: [head_dim], or nullptr.
void RunRopeAndWriteKv(const KernelTable& kernels, WorkerPool& pool,
                       const AttentionSpec& spec, const RotationTable& rope,
                       const float* q_norm, const float* k_norm,
                       std::span<const RowPlace> rows, MatrixRef qkv,
                       const KvCache& cache);

class AttentionPhase final {
 public:
  void Run(const KernelTable& kernels, WorkerPool& pool,
           const AttentionSpec& spec, std::span<const StepSequence> sequences,
           MatrixRef qkv, const KvCache& cache, MatrixRef out);

 private:
  struct Task {
    const StepSequence* sequence;
    int first_row;  // of the sequence's rows
    int num_rows;
    int kv_head;
  };
  float* Scratch(int worker) const;

  std::vector<Task> tasks_;
  int64_t scratch_stride_ = 0;
  std::vector<float> scratch_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_ATTENTION_PHASE_H_
