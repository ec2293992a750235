// Products as an FPGA's lanes compute them: int8 by int8 to int32 in a group,
// each group requantised into one fixed-point sum of 64 bits:
//   sum += round((S * multiplier) >> shift)   (halves to even)
// with multiplier and shift of weight scale * activation scale, and the same
// for the minimum and the sum of a group's activations. The sum's unit is
// 2^-15 of the largest product of scales of the row and the matrix. Integers
// throughout, so the bits are those of every ISA and any company.
// Float weights, which the lanes do not take, are multiplied beside them.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_FPGA_PRODUCTS_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_FPGA_PRODUCTS_H_

#include <cstdint>
#include <vector>

#include "hw_backends/cpu/cpu_products.h"
#include "hw_backends/cpu/worker_pool.h"

namespace mj {

// A segment's weights as the lanes read them.
struct LaneWeights {
  bool on_lanes = false;            // of a quantised type
  std::vector<int8_t> codes;        // [panels, groups, 32 columns, 16 rows]
  std::vector<float> scales;        // [panels, groups, 2 halves, 16 rows]
  std::vector<float> minima;        // [panels, groups, 16 rows], or empty
  int64_t halves = 1;               // of a group, with scales of their own
  int largest_exponent = -1 << 20;  // of all scales and minima
};

struct LaneMatrix {
  PackedMatrix packed;
  std::vector<LaneWeights> segments;
};
LaneMatrix ToLanes(PackedMatrix packed, WorkerPool& pool);

class FpgaProducts final : public Products {
 public:
  explicit FpgaProducts(const KernelTable& kernels)
      : cpu_(kernels, Numerics::kInt8) {}

  // The matrix of the next product, whose `packed` Begin() then takes.
  void Choose(const LaneMatrix& matrix) { matrix_ = &matrix; }

  bool Begin(const PackedMatrix& matrix, int64_t rows) override;
  void Convert(MatrixRef x, int64_t first, int64_t count) override;
  void Multiply(const ProductPiece& piece, MatrixRef x, bool accumulate,
                MatrixRef y) override;

 private:
  void AddPanel(const LaneWeights& weights, int64_t panel, int64_t row,
                float* out);

  CpuProducts cpu_;  // quantises the rows
  const LaneMatrix* matrix_ = nullptr;
  std::vector<int> row_exponents_;  // of a row's largest scale
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_FPGA_PRODUCTS_H_
