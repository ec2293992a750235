#include "hw_backends/cpu/linear_phase.h"

#include <algorithm>

#include "kernels/panel.h"

namespace mj {
namespace {

constexpr int64_t kRowsPerPiece = 64;  // as many as share an unpacked panel
constexpr int64_t kPanelsPerUnit = 4;  // as many as run side by side
constexpr int64_t kRowsToConvert = 16;
// Multiply-adds of a piece: about 15 us, so that taking it costs nothing and
// the last one delays little.
constexpr int64_t kWorkPerPiece = int64_t{1} << 17;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

WantedForms FormsOf(const PackedMatrix& matrix, Numerics numerics,
                    const KernelTable& kernels) {
  WantedForms wanted;
  for (const PackedMatrix::Segment& segment : matrix.segments) {
    const RowForm form = FormFor(segment.type, numerics, kernels);
    wanted.rounded |= form == RowForm::kRounded;
    wanted.bf16 |= form == RowForm::kBf16;
    wanted.int8 |= form == RowForm::kInt8;
    wanted.sums |= (form == RowForm::kPlain || form == RowForm::kRounded) &&
                   PanelLayoutOf(segment.type).has_min;
  }
  return wanted;
}

// What all products share.
template <class Args>
Args ArgsOf(const PackedMatrix& matrix, const PackedMatrix::Segment& segment,
            int64_t from, int64_t to, int64_t row, int64_t rows,
            bool accumulate, MatrixRef y) {
  const int64_t output = segment.first_row + from * kPanelRows;
  Args args;
  args.type = segment.type;
  args.panels = segment.data + from * segment.panel_bytes;
  args.groups = matrix.groups;
  args.num_outputs =
      std::min(to * kPanelRows, segment.rows) - from * kPanelRows;
  args.rows = rows;
  args.bias = matrix.bias.empty() ? nullptr : matrix.bias.data() + output;
  args.accumulate = accumulate;
  args.y = y.row(row) + output;
  args.y_stride = y.stride;
  return args;
}

}  // namespace

struct LinearPhase::Piece {
  const PackedMatrix::Segment& segment;
  int64_t from, to;   // panels of the segment
  int64_t row, rows;  // of x
};

void LinearPhase::RunPiece(const Piece& piece, const PackedMatrix& matrix,
                           MatrixRef x, bool accumulate, MatrixRef y) {
  const auto args_for = [&]<class Args>(Args) {
    return ArgsOf<Args>(matrix, piece.segment, piece.from, piece.to, piece.row,
                        piece.rows, accumulate, y);
  };
  const RowForm form = FormFor(piece.segment.type, numerics_, kernels_);
  if (form == RowForm::kInt8) {
    auto args = args_for(LinearInt8Args());
    args.x = converted_.int8().From(piece.row);
    return kernels_.linear_int8(args);
  }
  if (form == RowForm::kBf16) {
    auto args = args_for(LinearBf16Args());
    args.x = converted_.bf16().From(piece.row);
    return kernels_.linear_bf16(args);
  }
  const MatrixRef from = form == RowForm::kRounded ? converted_.rounded() : x;
  auto args = args_for(LinearArgs());
  args.x = from.row(piece.row);
  args.x_stride = from.stride;
  args.sums = converted_.sums() + piece.row * matrix.groups;
  args.sums_stride = matrix.groups;
  kernels_.linear(args);
}

void LinearPhase::Convert(WorkerPool& pool, const PackedMatrix& matrix,
                          MatrixRef x, int64_t rows) {
  const WantedForms wanted = FormsOf(matrix, numerics_, kernels_);
  if (wanted == WantedForms()) return;
  converted_.Resize(wanted, rows, matrix.groups);
  pool.Run(CeilDiv(rows, kRowsToConvert), [&](int64_t chunk, int) {
    const int64_t first = chunk * kRowsToConvert;
    converted_.Convert(kernels_, x, first,
                       std::min(kRowsToConvert, rows - first));
  });
}

void LinearPhase::Run(WorkerPool& pool, const PackedMatrix& matrix, MatrixRef x,
                      int64_t rows, bool accumulate, MatrixRef y) {
  if (rows == 0) return;
  Convert(pool, matrix, x, rows);
  const int64_t row_pieces = CeilDiv(rows, kRowsPerPiece);
  const int64_t panel_work =
      matrix.groups * kPanelGroup * kPanelRows * std::min(rows, kRowsPerPiece);
  const int64_t panels =
      kPanelsPerUnit *
      std::max<int64_t>(1, kWorkPerPiece / (panel_work * kPanelsPerUnit));
  // Row pieces change fastest: they find the panels in the cache.
  pool.Run(CeilDiv(matrix.panels, panels) * row_pieces, [&](int64_t chunk,
                                                            int) {
    const int64_t first = chunk / row_pieces * panels;
    const int64_t last = std::min(first + panels, matrix.panels);
    const int64_t row = chunk % row_pieces * kRowsPerPiece;
    int64_t base = 0;  // the segment's first panel
    for (const PackedMatrix::Segment& segment : matrix.segments) {
      const int64_t from = std::max(first - base, int64_t{0});
      const int64_t to = std::min(last - base, segment.panels);
      base += segment.panels;
      if (from >= to) continue;
      RunPiece({segment, from, to, row, std::min(kRowsPerPiece, rows - row)},
               matrix, x, accumulate, y);
    }
  });
}

}  // namespace mj
