// Matrices repacked into panels, multiplied by our own kernels.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_PANEL_MATRICES_H_
#define MILLIJOULE_HW_BACKENDS_CPU_PANEL_MATRICES_H_

#include <vector>

#include "hw_backends/cpu/cpu_products.h"
#include "hw_backends/cpu/linear_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/matrix_store.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "kernels/kernel_table.h"

namespace mj {

class PanelMatrices final : public MatrixStore {
 public:
  PanelMatrices(const KernelTable& kernels, Numerics numerics)
      : products_(kernels, numerics), linear_(kernels, products_) {}

  absl::StatusOr<int> Load(std::span<const TensorView> parts,
                           std::span<const TensorView> biases,
                           WorkerPool& pool) override;
  int64_t rows(int id) const override { return matrices_[id].rows; }
  int64_t cols(int id) const override { return matrices_[id].cols; }
  void ReadRow(int id, int64_t row, float* out) const override;
  void Multiply(int id, const LinearOp& op, WorkerPool& pool) override;

 private:
  CpuProducts products_;
  LinearPhase linear_;
  Arena arena_;
  std::vector<PackedMatrix> matrices_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_PANEL_MATRICES_H_
