#include "hw_backends/cpu/cpu_products.h"

#include "kernels/panel.h"

namespace mj {
namespace {

WantedForms FormsOf(const PackedMatrix& matrix, Numerics numerics,
                    const KernelTable& kernels) {
  WantedForms wanted;
  for (const PackedMatrix::Segment& segment : matrix.segments) {
    const RowForm form = FormFor(segment.type, numerics, kernels);
    wanted.rounded |= form == RowForm::kRounded;
    wanted.bf16 |= form == RowForm::kBf16;
    wanted.int16 |= form == RowForm::kInt16;
    wanted.int8 |= form == RowForm::kInt8;
    wanted.sums |= (form == RowForm::kPlain || form == RowForm::kRounded) &&
                   PanelLayoutOf(segment.type).has_min;
  }
  return wanted;
}

}  // namespace

bool CpuProducts::Begin(const PackedMatrix& matrix, int64_t rows) {
  const WantedForms wanted = FormsOf(matrix, numerics_, kernels_);
  if (wanted == WantedForms()) return false;
  converted_.Resize(wanted, rows, matrix.groups);
  return true;
}

void CpuProducts::Convert(MatrixRef x, int64_t first, int64_t count) {
  converted_.Convert(kernels_, x, first, count);
}

void CpuProducts::Multiply(const ProductPiece& piece, MatrixRef x,
                           bool accumulate, MatrixRef y) {
  const RowForm form = FormFor(piece.segment.type, numerics_, kernels_);
  if (form == RowForm::kInt8) {
    auto args = ArgsOf<LinearInt8Args>(piece, accumulate, y);
    args.x = converted_.int8().From(piece.row);
    return kernels_.linear_int8(args);
  }
  if (form == RowForm::kInt16) {
    auto args = ArgsOf<LinearInt16Args>(piece, accumulate, y);
    args.x = converted_.int16().From(piece.row);
    return kernels_.linear_int16(args);
  }
  if (form == RowForm::kBf16) {
    auto args = ArgsOf<LinearBf16Args>(piece, accumulate, y);
    args.x = converted_.bf16().From(piece.row);
    return kernels_.linear_bf16(args);
  }
  const MatrixRef from = form == RowForm::kRounded ? converted_.rounded() : x;
  auto args = ArgsOf<LinearArgs>(piece, accumulate, y);
  args.x = from.row(piece.row);
  args.x_stride = from.stride;
  // Only some types of weights need them.
  if (const float* const sums = converted_.sums()) {
    args.sums = sums + piece.row * piece.matrix.groups;
    args.sums_stride = piece.matrix.groups;
  }
  kernels_.linear(args);
}

}  // namespace mj
