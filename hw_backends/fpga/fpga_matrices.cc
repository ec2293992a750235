#include "hw_backends/fpga/fpga_matrices.h"

#include <utility>

namespace mj {

absl::StatusOr<int> FpgaMatrices::Load(std::span<const TensorView> parts,
                                       std::span<const TensorView> biases,
                                       WorkerPool& pool) {
  absl::StatusOr<PackedMatrix> packed = PackMatrix(parts, biases, pool, arena_);
  if (!packed.ok()) return packed.status();
  matrices_.push_back(ToLanes(*std::move(packed), pool));
  return static_cast<int>(matrices_.size()) - 1;
}

void FpgaMatrices::ReadRow(int id, int64_t row, float* out) const {
  ReadMatrixRow(matrices_[id].packed, row, out);
}

void FpgaMatrices::Multiply(int id, const LinearOp& op, WorkerPool& pool) {
  products_.Choose(matrices_[id]);
  linear_.Run(pool, matrices_[id].packed, op);
}

}  // namespace mj
