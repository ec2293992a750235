// y = x W^T over all threads: rounds the activations as the numerics profile
// says, and cuts the product into pieces of panels and rows. The cut changes
// no bit of y.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_

#include <cstdint>

#include "hw_backends/cpu/converted_rows.h"
#include "hw_backends/cpu/matrix_ref.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

class LinearPhase final {
 public:
  LinearPhase(const KernelTable& kernels, Numerics numerics)
      : kernels_(kernels), numerics_(numerics) {}

  // The first `rows` rows of x, whose columns reach to 32 * groups with zeros
  // beyond W's own.
  void Run(WorkerPool& pool, const PackedMatrix& matrix, MatrixRef x,
           int64_t rows, bool accumulate, MatrixRef y);

 private:
  struct Piece;  // panels of one segment, and rows
  void Convert(WorkerPool& pool, const PackedMatrix& matrix, MatrixRef x,
               int64_t rows);
  void RunPiece(const Piece& piece, const PackedMatrix& matrix, MatrixRef x,
                bool accumulate, MatrixRef y);

  const KernelTable kernels_;
  const Numerics numerics_;
  ConvertedRows converted_;  // of x
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
