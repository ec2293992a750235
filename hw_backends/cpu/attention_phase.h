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
#include "hw_backends/cpu/step_rows.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/attention.h"
#include "kernels/kernel_table.h"
#include "kernels/numerics.h"

namespace mj {

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

// Attention of a step's sequences, cut by rows and key/value heads; where that
// is too little for all threads, also by ranges of positions.
class AttentionPhase final {
 public:
  // Beyond f32, numerics let a bf16 cache be multiplied as bfloat16 where the
  // CPU can.
  explicit AttentionPhase(Numerics numerics = Numerics::kF32)
      : numerics_(numerics) {}

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
  // A task, or some of its ranges: then their sums lie at partials_[partials].
  struct Piece {
    const Task* task;
    AttentionRanges part;
    int64_t partials = -1;
  };
  struct Call;  // the arguments of Run

  void CutByRows(const Call& call);
  int64_t CutByRanges(const Call& call, int threads);  // partials_ needed
  AttentionArgs Args(const Call& call, const Piece& piece, int worker);

  const Numerics numerics_;
  std::vector<Task> tasks_;
  std::vector<Piece> pieces_;
  std::vector<Piece> merges_;  // tasks that were cut by ranges
  int64_t scratch_stride_ = 0;
  std::vector<float> scratch_;
  std::vector<float> partials_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_ATTENTION_PHASE_H_
