// The arithmetic of products with packed weights, piece by piece: that in which
// kernels and simulated devices differ. LinearPhase does the rest.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_PRODUCTS_H_
#define MILLIJOULE_HW_BACKENDS_CPU_PRODUCTS_H_

#include <algorithm>
#include <cstdint>

#include "hw_backends/cpu/matrix_ref.h"
#include "hw_backends/cpu/packed_matrix.h"
#include "kernels/panel.h"

namespace mj {

// Panels [from, to) of a segment, and rows of x.
struct ProductPiece {
  const PackedMatrix& matrix;
  const PackedMatrix::Segment& segment;
  int64_t from, to;
  int64_t row, rows;

  int64_t outputs() const {
    return std::min(to * kPanelRows, segment.rows) - from * kPanelRows;
  }
  int64_t first_output() const {  // of the matrix
    return segment.first_row + from * kPanelRows;
  }
};

// A product is Begin(), then Convert() of all rows by any threads, then
// Multiply() of pieces that cover it, by any threads.
class Products {
 public:
  virtual ~Products() = default;

  // Room for `rows` rows of x, padded to whole groups. False: Convert() has
  // nothing to do and is left out.
  virtual bool Begin(const PackedMatrix& matrix, int64_t rows) = 0;
  // Rows [first, first + count) of x, float32, as the products read them.
  virtual void Convert(MatrixRef x, int64_t first, int64_t count) = 0;
  // y [piece.rows, outputs of the piece] = those of x W^T (+ bias), or y += it.
  // y.row(0) is row piece.row's, y.data the first panel's first output.
  virtual void Multiply(const ProductPiece& piece, MatrixRef x, bool accumulate,
                        MatrixRef y) = 0;
};

// What the arguments of all kernels of products share. Args: LinearArgs and
// its kin.
template <class Args>
Args ArgsOf(const ProductPiece& piece, bool accumulate, MatrixRef y) {
  Args args;
  args.type = piece.segment.type;
  args.panels = piece.segment.data + piece.from * piece.segment.panel_bytes;
  args.groups = piece.matrix.groups;
  args.num_outputs = piece.outputs();
  args.rows = piece.rows;
  args.bias = piece.matrix.bias.empty()
                  ? nullptr
                  : piece.matrix.bias.data() + piece.first_output();
  args.accumulate = accumulate;
  args.y = y.data;
  args.y_stride = y.stride;
  return args;
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_PRODUCTS_H_
