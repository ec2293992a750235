// The language model's head: x W^T over the vocabulary, of which each row
// keeps all or only the largest. The product is never stored beside what is
// wanted: blocks of it go from a worker's cache to where they belong.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_LOGITS_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_LOGITS_PHASE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "hw_backends/backend.h"
#include "hw_backends/cpu/linear_op.h"
#include "hw_backends/cpu/matrix_store.h"
#include "hw_backends/cpu/worker_pool.h"
#include "hw_backends/top_logits.h"

namespace mj {

class LogitsPhase final {
 public:
  // As Backend::Logits; `product` is the head's, without a y, and its row i is
  // rows[i]'s.
  void Run(WorkerPool& pool, MatrixStore& matrices, int head, LinearOp product,
           std::span<const LogitsRow> rows, std::span<float> all,
           std::span<TokenLogit> top);

 private:
  void Prepare(int threads, std::span<const LogitsRow> rows, int64_t vocab,
               std::span<float> all);
  void Take(const ProductBlock& block, int worker);
  // A row's list, of what all workers found.
  const std::vector<TokenLogit>& Merge(size_t row);

  std::vector<float*> all_;                    // [rows]; null: the largest only
  std::vector<std::vector<TopLogits>> found_;  // [workers][rows]
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_LOGITS_PHASE_H_
