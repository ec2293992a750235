// y = x W^T over all threads: normalises and rounds the activations as asked,
// cuts the product into pieces of panels and rows, and gates a piece while it
// is in the cache. The cut changes no bit of y.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_

#include <cstdint>
#include <vector>

#include "hw_backends/cpu/converted_rows.h"
#include "hw_backends/cpu/linear_op.h"
#include "hw_backends/cpu/matrix_ref.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

class LinearPhase final {
 public:
  LinearPhase(const KernelTable& kernels, Numerics numerics)
      : kernels_(kernels), numerics_(numerics) {}

  // REQUIRES: a gated matrix has two parts of equally many rows.
  void Run(WorkerPool& pool, const PackedMatrix& matrix, const LinearOp& op);

 private:
  struct Piece;  // panels of one segment, and rows
  // The rows that kernels read: of op, or normalised.
  MatrixRef Prepare(WorkerPool& pool, const PackedMatrix& matrix,
                    const LinearOp& op);
  void Normalise(const LinearOp& op, int64_t cols, int64_t first, int64_t count,
                 MatrixRef out) const;
  MatrixRef Scratch(int worker, int64_t rows, int64_t cols);
  void RunPlain(WorkerPool& pool, const PackedMatrix& matrix,
                const LinearOp& op, MatrixRef x);
  void EmitPiece(const Piece& piece, const PackedMatrix& matrix, MatrixRef x,
                 const BlockSink& sink, int worker);
  void RunGated(WorkerPool& pool, const PackedMatrix& matrix,
                const LinearOp& op, MatrixRef x);
  void RunPiece(const Piece& piece, const PackedMatrix& matrix, MatrixRef x,
                bool accumulate, MatrixRef y);

  const KernelTable kernels_;
  const Numerics numerics_;
  std::vector<float> normalised_;  // x
  ConvertedRows converted_;        // of x, or of normalised_
  // A worker's own part of a product: gate and up, or what a sink takes.
  std::vector<std::vector<float>> scratch_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
