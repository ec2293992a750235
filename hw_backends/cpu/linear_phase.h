// y = x W^T over all threads: normalises the activations and has them
// converted, cuts the product into pieces of panels and rows, and gates a piece
// while it is in the cache. The cut changes no bit of y.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_

#include <cstdint>
#include <vector>

#include "hw_backends/cpu/linear_op.h"
#include "hw_backends/cpu/matrix_ref.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/products.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

class LinearPhase final {
 public:
  // `products` must outlive this.
  LinearPhase(const KernelTable& kernels, Products& products)
      : kernels_(kernels), products_(products) {}

  // REQUIRES: a gated matrix has two parts of equally many rows.
  void Run(WorkerPool& pool, const PackedMatrix& matrix, const LinearOp& op);

 private:
  // The rows that kernels read: of op, or normalised.
  MatrixRef Prepare(WorkerPool& pool, const PackedMatrix& matrix,
                    const LinearOp& op);
  void Normalise(const LinearOp& op, int64_t cols, int64_t first, int64_t count,
                 MatrixRef out) const;
  MatrixRef Scratch(int worker, int64_t rows, int64_t cols);
  void RunPlain(WorkerPool& pool, const PackedMatrix& matrix,
                const LinearOp& op, MatrixRef x);
  void EmitPiece(const ProductPiece& piece, MatrixRef x, const BlockSink& sink,
                 int worker);
  void RunGated(WorkerPool& pool, const PackedMatrix& matrix,
                const LinearOp& op, MatrixRef x);

  const KernelTable kernels_;
  Products& products_;
  std::vector<float> normalised_;  // x
  // A worker's own part of a product: gate and up, or what a sink takes.
  std::vector<std::vector<float>> scratch_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
