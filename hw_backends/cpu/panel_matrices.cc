#include "hw_backends/cpu/panel_matrices.h"

#include <utility>

namespace mj {

absl::StatusOr<int> PanelMatrices::Load(std::span<const TensorView> parts,
                                        std::span<const TensorView> biases,
                                        WorkerPool& pool) {
  absl::StatusOr<PackedMatrix> matrix = PackMatrix(parts, biases, pool, arena_);
  if (!matrix.ok()) return matrix.status();
  matrices_.push_back(*std::move(matrix));
  return static_cast<int>(matrices_.size()) - 1;
}

void PanelMatrices::ReadRow(int id, int64_t row, float* out) const {
  ReadMatrixRow(matrices_[id], row, out);
}

void PanelMatrices::Multiply(int id, const LinearOp& op, WorkerPool& pool) {
  linear_.Run(pool, matrices_[id], op);
}

}  // namespace mj
