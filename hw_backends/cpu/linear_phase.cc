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

// What all products share.
template <class Args>
Args ArgsOf(const PackedMatrix& matrix, const PackedMatrix::Segment& segment,
            int64_t from, int64_t to, int64_t rows, bool accumulate,
            MatrixRef y) {
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
  args.y = y.data;
  args.y_stride = y.stride;
  return args;
}

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

struct LinearPhase::Piece {
  const PackedMatrix::Segment& segment;
  int64_t from, to;   // panels of the segment
  int64_t row, rows;  // of x
};

void LinearPhase::RunPiece(const Piece& piece, const PackedMatrix& matrix,
                           MatrixRef x, bool accumulate, MatrixRef y) {
  const auto args_for = [&]<class Args>(Args) {
    return ArgsOf<Args>(matrix, piece.segment, piece.from, piece.to, piece.rows,
                        accumulate, y);
  };
  const RowForm form = FormFor(piece.segment.type, numerics_, kernels_);
  if (form == RowForm::kInt8) {
    auto args = args_for(LinearInt8Args());
    args.x = converted_.int8().From(piece.row);
    return kernels_.linear_int8(args);
  }
  if (form == RowForm::kInt16) {
    auto args = args_for(LinearInt16Args());
    args.x = converted_.int16().From(piece.row);
    return kernels_.linear_int16(args);
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
  const WantedForms wanted = FormsOf(matrix, numerics_, kernels_);
  const bool convert = wanted != WantedForms();
  MatrixRef x = op.x;
  if (op.gamma != nullptr) {
    const int64_t stride = matrix.groups * kPanelGroup;
    normalised_.resize(std::max<size_t>(normalised_.size(), op.rows * stride));
    x = {normalised_.data(), stride};
  } else if (!convert) {
    return x;
  }
  if (convert) converted_.Resize(wanted, op.rows, matrix.groups);
  ForRows(pool, op.rows, matrix.cols, [&](int64_t first, int64_t count) {
    if (op.gamma != nullptr) Normalise(op, matrix.cols, first, count, x);
    if (convert) converted_.Convert(kernels_, x, first, count);
  });
  return x;
}

MatrixRef LinearPhase::Scratch(int worker, int64_t rows, int64_t cols) {
  std::vector<float>& scratch = scratch_[worker];
  scratch.resize(std::max<size_t>(scratch.size(), rows * cols));
  return {scratch.data(), cols};
}

void LinearPhase::EmitPiece(const Piece& piece, const PackedMatrix& matrix,
                            MatrixRef x, const BlockSink& sink, int worker) {
  const PackedMatrix::Segment& segment = piece.segment;
  const int64_t first = piece.from * kPanelRows;
  const int64_t outputs = std::min(piece.to * kPanelRows, segment.rows) - first;
  const MatrixRef values = Scratch(worker, piece.rows, outputs);
  RunPiece(piece, matrix, x, /*accumulate=*/false, values);
  sink({.first_row = piece.row,
        .rows = piece.rows,
        .first_output = segment.first_row + first,
        .outputs = outputs,
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
          const Piece piece{segment, from, to, row, rows};
          if (op.sink) {
            EmitPiece(piece, matrix, x, *op.sink, worker);
            continue;
          }
          float* y = op.y.row(row) + segment.first_row + from * kPanelRows;
          RunPiece(piece, matrix, x, op.accumulate, {y, op.y.stride});
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
        RunPiece({gate, first, last, row, rows}, matrix, x, false, gates);
        RunPiece({up, first, last, row, rows}, matrix, x, false, ups);
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
