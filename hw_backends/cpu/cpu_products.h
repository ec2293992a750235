// Products by this CPU's kernels, under a numerics profile.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_CPU_PRODUCTS_H_
#define MILLIJOULE_HW_BACKENDS_CPU_CPU_PRODUCTS_H_

#include <cstdint>

#include "hw_backends/cpu/converted_rows.h"
#include "hw_backends/cpu/products.h"
#include "kernels/kernel_table.h"

namespace mj {

class CpuProducts final : public Products {
 public:
  CpuProducts(const KernelTable& kernels, Numerics numerics)
      : kernels_(kernels), numerics_(numerics) {}

  bool Begin(const PackedMatrix& matrix, int64_t rows) override;
  void Convert(MatrixRef x, int64_t first, int64_t count) override;
  void Multiply(const ProductPiece& piece, MatrixRef x, bool accumulate,
                MatrixRef y) override;

  // What Convert() has made.
  ConvertedRows& converted() { return converted_; }

 private:
  const KernelTable kernels_;
  const Numerics numerics_;
  ConvertedRows converted_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_CPU_PRODUCTS_H_
