// Products as an analog compute-in-memory device makes them. A row's inputs go
// in as integers of up to `input_levels`, in the unit that its largest input of
// a tile needs; a column sums currents; a converter reads the sum; tiles of
// different inputs add up digitally:
//   y_c = sum over tiles of  s_c r ADC(sum_i x_i g_ic + e_c)
//   ADC(v) = clip(round(v / step), +-levels) * step,  step = bound / levels
//   e_c ~ N(0, output_noise^2 + read_noise^2 * sum_i x_i^2 |g_ic|)
// For the last sum stands (mean over i of |g_ic|) * (sum_i x_i^2): the same
// where the sizes of inputs and weights know nothing of each other, and free of
// a second product. e_c is a function of the device's seed, the tensor, tile
// and column, and the row's position.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_ANALOG_PRODUCTS_H_
#define MILLIJOULE_HW_BACKENDS_CIM_ANALOG_PRODUCTS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "hw_backends/cim/analog_device.h"
#include "hw_backends/cim/analog_matrix.h"
#include "hw_backends/cpu/products.h"
#include "kernels/kernel_table.h"

namespace mj {

class AnalogProducts final : public Products {
 public:
  AnalogProducts(const KernelTable& kernels, const AnalogDevice& device,
                 uint64_t seed)
      : kernels_(kernels), device_(device), seed_(seed) {}

  // The matrix of the next product, whose `packed` Begin() then takes, and the
  // positions of its rows; both live until the product is made.
  void Choose(const AnalogMatrix& matrix, const int32_t* positions) {
    matrix_ = &matrix;
    positions_ = positions;
  }

  bool Begin(const PackedMatrix& matrix, int64_t rows) override;
  void Convert(MatrixRef x, int64_t first, int64_t count) override;
  void Multiply(const ProductPiece& piece, MatrixRef x, bool accumulate,
                MatrixRef y) override;

 private:
  // A row's inputs to one tile.
  struct TileInput {
    float unit = 0;    // of what the codes count
    float energy = 0;  // sum of squares, the largest input being 1
  };
  struct Place {  // of a piece's row in a tile
    int64_t tile = 0, row = 0;
    uint64_t segment = 0, first = 0;  // outputs: of the segment
  };

  int64_t num_tiles() const { return std::ssize(matrix_->tiles); }
  TileInput ConvertTile(std::span<const float> x, float* codes) const;
  // What columns carry: integers of the inputs times cells. [rows, outputs]
  void SumCurrents(const ProductPiece& piece, int64_t segment, int64_t tile,
                   MatrixRef out) const;
  // sums [outputs] += what the converters of a tile make of `currents`.
  void AddConverted(const Place& place, int64_t first_output,
                    std::span<const float> currents, std::span<float> noise,
                    std::span<float> sums) const;

  const KernelTable kernels_;
  const AnalogDevice device_;
  const uint64_t seed_;
  const AnalogMatrix* matrix_ = nullptr;
  const int32_t* positions_ = nullptr;
  int64_t stride_ = 0;             // of codes_
  std::vector<float> codes_;       // [rows, stride_]: whole numbers
  std::vector<TileInput> inputs_;  // [rows, tiles]
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_ANALOG_PRODUCTS_H_
