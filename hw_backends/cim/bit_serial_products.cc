#include "hw_backends/cim/bit_serial_products.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "kernels/bit_planes.h"

namespace mj {
namespace {

bool HasCells(const PackedMatrix::Segment& segment) {
  return PanelLayoutOf(segment.type).bits != 0;
}

// What a line does while it carries a code.
struct LineActivity {
  uint8_t ones, toggles;
};
constexpr std::array<LineActivity, 256> kLineActivity = [] {
  std::array<LineActivity, 256> all{};
  for (uint32_t code = 0; code < 256; ++code) {
    const uint32_t changes = (code ^ code << 1) & 0xFF;
    all[code] = {static_cast<uint8_t>(std::popcount(code)),
                 static_cast<uint8_t>(std::popcount(changes))};
  }
  return all;
}();

// Adds the ones of group g of all rows to ones [32].
void CountGroup(const PackedMatrix::Segment& segment, int64_t g,
                int32_t* ones) {
  const PanelLayout layout = PanelLayoutOf(segment.type);
  for (int64_t panel = 0; panel < segment.panels; ++panel) {
    const std::byte* codes =
        segment.data + panel * segment.panel_bytes + g * layout.code_bytes;
    for (int w = 0; w < layout.bits * kPanelRows; ++w) {
      uint32_t plane;
      std::memcpy(&plane, codes + 4 * w, sizeof plane);
      for (; plane != 0; plane &= plane - 1) ++ones[std::countr_zero(plane)];
    }
  }
}

}  // namespace

BitSerialMatrix CountCells(PackedMatrix packed, WorkerPool& pool) {
  assert(packed.order == CodeOrder::kPlanes);
  BitSerialMatrix matrix;
  matrix.column_ones.resize(packed.groups * kPanelGroup);
  for (const PackedMatrix::Segment& segment : packed.segments) {
    if (!HasCells(segment)) continue;
    matrix.cells_per_column += segment.rows * PanelLayoutOf(segment.type).bits;
    pool.Run(packed.groups, [&](int64_t g, int /*worker*/) {
      CountGroup(segment, g, matrix.column_ones.data() + g * kPanelGroup);
    });
  }
  matrix.packed = std::move(packed);
  return matrix;
}

bool BitSerialProducts::Begin(const PackedMatrix& matrix, int64_t rows) {
  assert(&matrix == &matrix_->packed);
  const int64_t words = kInputPlanes * rows * matrix.groups;
  if (std::ssize(planes_) < words) planes_.resize(words);
  const bool counts = matrix_->cells_per_column > 0;
  if (counts && std::ssize(activity_) < rows) activity_.resize(rows);
  return cpu_.Begin(matrix, rows);
}

BitRows BitSerialProducts::rows() {
  const Int8Rows rows = cpu_.converted().int8();
  return {planes_.data(), rows.scales, rows.totals, rows.stride};
}

void BitSerialProducts::ConvertRow(int64_t row) {
  BitActivity activity;
  const Int8Rows rows = cpu_.converted().int8();
  const int64_t groups = matrix_->packed.groups;
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t at = g * rows.stride + row;
    const auto* codes =
        reinterpret_cast<const uint8_t*>(rows.codes + kPanelGroup * at);
    ToPlanes(codes, planes_.data() + kInputPlanes * at);
    const int32_t* ones = matrix_->column_ones.data() + kPanelGroup * g;
    for (int k = 0; k < kPanelGroup; ++k) {
      // A cell that holds a one passes its line on.
      const LineActivity line = kLineActivity[codes[k]];
      activity.input_ones += line.ones;
      activity.input_toggles += line.toggles;
      activity.product_ones += int64_t{line.ones} * ones[k];
      activity.product_toggles += int64_t{line.toggles} * ones[k];
    }
  }
  const int64_t cycles = kInputPlanes * kPanelGroup * groups;
  activity.input_bits += cycles;
  activity.product_bits += cycles * matrix_->cells_per_column;
  activity_[row] += activity;
}

void BitSerialProducts::Convert(MatrixRef x, int64_t first, int64_t count) {
  cpu_.Convert(x, first, count);
  if (matrix_->cells_per_column == 0) return;
  for (int64_t r = first; r < first + count; ++r) ConvertRow(r);
}

void BitSerialProducts::Multiply(const ProductPiece& piece, MatrixRef x,
                                 bool accumulate, MatrixRef y) {
  if (!HasCells(piece.segment)) return cpu_.Multiply(piece, x, accumulate, y);
  auto args = ArgsOf<LinearBitSerialArgs>(piece, accumulate, y);
  args.x = rows().From(piece.row);
  kernels_.linear_bit_serial(args);
}

std::vector<BitActivity> BitSerialProducts::TakeActivity() {
  return std::exchange(activity_, {});
}

}  // namespace mj
