#include "hw_backends/cpu/linear_phase.h"

#include <algorithm>

#include "kernels/panel.h"

namespace mj {
namespace {

constexpr int64_t kRowsPerPiece = 64;  // as many as share an unpacked panel
constexpr int64_t kPanelsPerUnit = 4;  // as many as run side by side
// Multiply-adds of a piece: about 15 us, so that taking it costs nothing and
// the last one delays little.
constexpr int64_t kWorkPerPiece = int64_t{1} << 17;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Product {
  const KernelTable& kernels;
  const PackedMatrix& matrix;
  MatrixRef x, y;
  const std::vector<float>& sums;
  bool accumulate;
};

// Panels [first, last) of the whole matrix, rows [row, row + rows).
void RunPiece(const Product& product, int64_t first, int64_t last, int64_t row,
              int64_t rows) {
  const PackedMatrix& matrix = product.matrix;
  int64_t base = 0;  // the segment's first panel
  for (const PackedMatrix::Segment& segment : matrix.segments) {
    const int64_t from = std::max(first - base, int64_t{0});
    const int64_t to = std::min(last - base, segment.panels);
    base += segment.panels;
    if (from >= to) continue;
    const int64_t output = segment.first_row + from * kPanelRows;
    product.kernels.linear(
        {.type = segment.type,
         .panels = segment.data + from * segment.panel_bytes,
         .groups = matrix.groups,
         .num_outputs =
             std::min(to * kPanelRows, segment.rows) - from * kPanelRows,
         .x = product.x.row(row),
         .x_stride = product.x.stride,
         .rows = rows,
         .sums = product.sums.data() + row * matrix.groups,
         .sums_stride = matrix.groups,
         .bias = matrix.bias.empty() ? nullptr : matrix.bias.data() + output,
         .accumulate = product.accumulate,
         .y = product.y.row(row) + output,
         .y_stride = product.y.stride});
  }
}

void ComputeSums(const KernelTable& kernels, WorkerPool& pool,
                 const PackedMatrix& matrix, MatrixRef x, int64_t rows,
                 std::vector<float>& sums) {
  if (!matrix.needs_sums) return;
  const auto wanted = static_cast<size_t>(rows * matrix.groups);
  if (sums.size() < wanted) sums.resize(wanted);
  pool.Run(CeilDiv(rows, kRowsPerPiece), [&](int64_t chunk, int) {
    const int64_t first = chunk * kRowsPerPiece;
    const int64_t count = std::min(kRowsPerPiece, rows - first);
    kernels.group_sums(x.row(first), x.stride, count, matrix.groups,
                       sums.data() + first * matrix.groups, matrix.groups);
  });
}

}  // namespace

void RunLinear(const KernelTable& kernels, WorkerPool& pool,
               const PackedMatrix& matrix, MatrixRef x, int64_t rows,
               bool accumulate, MatrixRef y, std::vector<float>& sums) {
  if (rows == 0) return;
  ComputeSums(kernels, pool, matrix, x, rows, sums);
  const Product product{kernels, matrix, x, y, sums, accumulate};
  const int64_t row_pieces = CeilDiv(rows, kRowsPerPiece);
  const int64_t panel_work =
      matrix.groups * kPanelGroup * kPanelRows * std::min(rows, kRowsPerPiece);
  const int64_t panels =
      kPanelsPerUnit *
      std::max<int64_t>(1, kWorkPerPiece / (panel_work * kPanelsPerUnit));
  // Row pieces change fastest: they find the panels in the cache.
  pool.Run(CeilDiv(matrix.panels, panels) * row_pieces,
           [&](int64_t chunk, int) {
             const int64_t first = chunk / row_pieces * panels;
             const int64_t row = chunk % row_pieces * kRowsPerPiece;
             RunPiece(product, first, std::min(first + panels, matrix.panels),
                      row, std::min(kRowsPerPiece, rows - row));
           });
}

}  // namespace mj
