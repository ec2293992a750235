#include "hw_backends/cpu/linear_phase.h"

#include <algorithm>
#include <cassert>

#include "hw_backends/cpu/row_phase.h"
#include "kernels/panel.h"

namespace mj {
namespace {

constexpr int64_t kRowsPerPiece = 64;  // as many as share an unpacked panel
constexpr int64_t kPanelsPerUnit = 4;  // as many as run side by side
// Multiply-adds of a piece: about 15 us, so that taking it costs nothing and
// the last one delays little.
constexpr int64_t kWorkPerPiece = int64_t{1} << 17;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Calls run(first panel, last panel, first row, rows, worker) for pieces of
// `panels` panels of `groups` groups. Row pieces change fastest: they find the
// panels in the cache.
template <class F>
void RunPieces(WorkerPool& pool, int64_t panels, int64_t groups, int64_t rows,
               const F& run) {
  const int64_t row_pieces = CeilDiv(rows, kRowsPerPiece);
  const int64_t unit_work = groups * kPanelGroup * kPanelRows * kPanelsPerUnit *
                            std::min(rows, kRowsPerPiece);
  const int64_t size =
      kPanelsPerUnit * std::max<int64_t>(1, kWorkPerPiece / unit_work);
  pool.Run(CeilDiv(panels, size) * row_pieces, [&](int64_t chunk, int worker) {
    const int64_t first = chunk / row_pieces * size;
    const int64_t row = chunk % row_pieces * kRowsPerPiece;
    run(first, std::min(first + size, panels), row,
        std::min(kRowsPerPiece, rows - row), worker);
  });
}

}  // namespace

void LinearPhase::Normalise(const LinearOp& op, int64_t cols, int64_t first,
                            int64_t count, MatrixRef out) const {
  kernels_.rms_norm({.x = op.x.row(first),
                     .x_stride = op.x.stride,
                     .gamma = op.gamma,
                     .epsilon = op.epsilon,
                     .y = out.row(first),
                     .y_stride = out.stride,
                     .rows = count,
                     .cols = cols});
  for (int64_t r = first; r < first + count; ++r) {
    std::fill(out.row(r) + cols, out.row(r) + out.stride, 0.0f);
  }
}

MatrixRef LinearPhase::Prepare(WorkerPool& pool, const PackedMatrix& matrix,
                               const LinearOp& op) {
  const bool convert = products_.Begin(matrix, op.rows);
  MatrixRef x = op.x;
  if (op.gamma != nullptr) {
    const int64_t stride = matrix.groups * kPanelGroup;
    normalised_.resize(std::max<size_t>(normalised_.size(), op.rows * stride));
    x = {normalised_.data(), stride};
  } else if (!convert) {
    return x;
  }
  ForRows(pool, op.rows, matrix.cols, [&](int64_t first, int64_t count) {
    if (op.gamma != nullptr) Normalise(op, matrix.cols, first, count, x);
    if (convert) products_.Convert(x, first, count);
  });
  return x;
}

MatrixRef LinearPhase::Scratch(int worker, int64_t rows, int64_t cols) {
  std::vector<float>& scratch = scratch_[worker];
  scratch.resize(std::max<size_t>(scratch.size(), rows * cols));
  return {scratch.data(), cols};
}

void LinearPhase::EmitPiece(const ProductPiece& piece, MatrixRef x,
                            const BlockSink& sink, int worker) {
  const MatrixRef values = Scratch(worker, piece.rows, piece.outputs());
  products_.Multiply(piece, x, /*accumulate=*/false, values);
  sink({.first_row = piece.row,
        .rows = piece.rows,
        .first_output = piece.first_output(),
        .outputs = piece.outputs(),
        .values = values},
       worker);
}

void LinearPhase::RunPlain(WorkerPool& pool, const PackedMatrix& matrix,
                           const LinearOp& op, MatrixRef x) {
  RunPieces(
      pool, matrix.panels, matrix.groups, op.rows,
      [&](int64_t first, int64_t last, int64_t row, int64_t rows, int worker) {
        int64_t base = 0;  // the segment's first panel
        for (const PackedMatrix::Segment& segment : matrix.segments) {
          const int64_t from = std::max(first - base, int64_t{0});
          const int64_t to = std::min(last - base, segment.panels);
          base += segment.panels;
          if (from >= to) continue;
          const ProductPiece piece{matrix, segment, from, to, row, rows};
          if (op.sink) {
            EmitPiece(piece, x, *op.sink, worker);
            continue;
          }
          float* y = op.y.row(row) + piece.first_output();
          products_.Multiply(piece, x, op.accumulate, {y, op.y.stride});
        }
      });
}

void LinearPhase::RunGated(WorkerPool& pool, const PackedMatrix& matrix,
                           const LinearOp& op, MatrixRef x) {
  assert(matrix.segments.size() == 2 && !op.accumulate);
  const PackedMatrix::Segment& gate = matrix.segments[0];
  const PackedMatrix::Segment& up = matrix.segments[1];
  assert(gate.rows == up.rows);
  RunPieces(
      pool, gate.panels, 2 * matrix.groups, op.rows,
      [&](int64_t first, int64_t last, int64_t row, int64_t rows, int worker) {
        const int64_t outputs = (last - first) * kPanelRows;
        const MatrixRef gates = Scratch(worker, 2 * rows, outputs);
        const MatrixRef ups{gates.row(rows), outputs};
        products_.Multiply({matrix, gate, first, last, row, rows}, x, false,
                           gates);
        products_.Multiply({matrix, up, first, last, row, rows}, x, false, ups);
        const int64_t output = first * kPanelRows;
        for (int64_t r = 0; r < rows; ++r) {
          kernels_.gated_activation(*op.gate, gates.row(r), ups.row(r),
                                    op.y.row(row + r) + output,
                                    std::min(outputs, gate.rows - output));
        }
      });
}

void LinearPhase::Run(WorkerPool& pool, const PackedMatrix& matrix,
                      const LinearOp& op) {
  if (op.rows == 0) return;
  const MatrixRef x = Prepare(pool, matrix, op);
  scratch_.resize(pool.threads());
  if (op.gate) {
    RunGated(pool, matrix, op, x);
  } else {
    RunPlain(pool, matrix, op, x);
  }
}

}  // namespace mj
