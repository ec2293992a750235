// Products as a digital compute-in-memory device computes them, bit by bit:
// the CPU's int8 results, bit for bit, and counts of what the bits did. Float
// weights, which have no cells, are multiplied beside the arrays, as the CPU
// does it.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_PRODUCTS_H_
#define MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_PRODUCTS_H_

#include <cstdint>
#include <vector>

#include "hw_backends/bit_activity.h"
#include "hw_backends/cpu/cpu_products.h"
#include "hw_backends/cpu/worker_pool.h"

namespace mj {

// A matrix in cells, its codes in planes.
struct BitSerialMatrix {
  PackedMatrix packed;
  int64_t cells_per_column = 0;      // bits of all rows of quantised types
  std::vector<int32_t> column_ones;  // [32 * groups]: of them, the ones
};

// Counts the cells of `packed`, which is of planes.
BitSerialMatrix CountCells(PackedMatrix packed, WorkerPool& pool);

class BitSerialProducts final : public Products {
 public:
  explicit BitSerialProducts(const KernelTable& kernels)
      : kernels_(kernels), cpu_(kernels, Numerics::kInt8) {}

  // The matrix of the next product, whose `packed` Begin() then takes.
  void Choose(const BitSerialMatrix& matrix) { matrix_ = &matrix; }

  bool Begin(const PackedMatrix& matrix, int64_t rows) override;
  void Convert(MatrixRef x, int64_t first, int64_t count) override;
  void Multiply(const ProductPiece& piece, MatrixRef x, bool accumulate,
                MatrixRef y) override;

  // As MatrixStore::TakeBitActivity().
  std::vector<BitActivity> TakeActivity();

 private:
  BitRows rows();
  void ConvertRow(int64_t row);

  const KernelTable kernels_;
  CpuProducts cpu_;  // its rows of int8 become planes
  const BitSerialMatrix* matrix_ = nullptr;
  std::vector<uint32_t> planes_;
  std::vector<BitActivity> activity_;  // of rows, each one thread's at a time
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_BIT_SERIAL_PRODUCTS_H_
