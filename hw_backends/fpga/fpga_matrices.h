// Matrices as an FPGA's lanes read them.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FPGA_MATRICES_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FPGA_MATRICES_H_

#include <deque>

#include "hw_backends/cpu/linear_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/matrix_store.h"
#include "hw_backends/fpga/fpga_products.h"

namespace mj {

class FpgaMatrices final : public MatrixStore {
 public:
  explicit FpgaMatrices(const KernelTable& kernels)
      : products_(kernels), linear_(kernels, products_) {}

  absl::StatusOr<int> Load(std::span<const TensorView> parts,
                           std::span<const TensorView> biases,
                           WorkerPool& pool) override;
  int64_t rows(int id) const override { return matrices_[id].packed.rows; }
  int64_t cols(int id) const override { return matrices_[id].packed.cols; }
  void ReadRow(int id, int64_t row, float* out) const override;
  void Multiply(int id, const LinearOp& op, WorkerPool& pool) override;

 private:
  FpgaProducts products_;
  LinearPhase linear_;
  Arena arena_;
  std::deque<LaneMatrix> matrices_;  // stay where they are
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_FPGA_MATRICES_H_
