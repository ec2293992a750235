// Matrices in the cells of a digital compute-in-memory device.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_MATRICES_H_
#define MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_MATRICES_H_

#include <deque>
#include <vector>

#include "hw_backends/cim/bit_serial_products.h"
#include "hw_backends/cpu/linear_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/matrix_store.h"

namespace mj {

class BitSerialMatrices final : public MatrixStore {
 public:
  explicit BitSerialMatrices(const KernelTable& kernels)
      : products_(kernels), linear_(kernels, products_) {}

  absl::StatusOr<int> Load(std::span<const TensorView> parts,
                           std::span<const TensorView> biases,
                           WorkerPool& pool) override;
  int64_t rows(int id) const override { return matrices_[id].packed.rows; }
  int64_t cols(int id) const override { return matrices_[id].packed.cols; }
  void ReadRow(int id, int64_t row, float* out) const override;
  void Multiply(int id, const LinearOp& op, WorkerPool& pool) override;
  std::vector<BitActivity> TakeBitActivity() override {
    return products_.TakeActivity();
  }

 private:
  BitSerialProducts products_;
  LinearPhase linear_;
  Arena arena_;
  std::deque<BitSerialMatrix> matrices_;  // stay where they are
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_MATRICES_H_
