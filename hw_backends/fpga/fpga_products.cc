#include "hw_backends/fpga/fpga_products.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "hw_backends/fpga/fixed_point.h"
#include "kernels/scalar/panel_group.h"

namespace mj {
namespace {

constexpr int kFraction = 15;  // bits of a sum below the largest scale
constexpr int kNoExponent = -1 << 20;

// e with |value| < 2^(e + 1), of normal numbers.
int ExponentOf(float value) {
  return value == 0 ? kNoExponent : std::ilogb(value);
}

void FillPanel(const PackedMatrix::Segment& segment, int64_t groups,
               int64_t panel, LaneWeights& to) {
  scalar::PanelGroup group;
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t at = panel * groups + g;
    for (int lane = 0; lane < kPanelRows; ++lane) {
      scalar::ReadPanelGroup(segment.type,
                             segment.data + panel * segment.panel_bytes, groups,
                             g, lane, &group);
      for (int k = 0; k < kPanelGroup; ++k) {
        to.codes[(at * kPanelGroup + k) * kPanelRows + lane] =
            static_cast<int8_t>(group.code[k]);
      }
      for (int64_t half = 0; half < to.halves; ++half) {
        to.scales[(at * to.halves + half) * kPanelRows + lane] =
            group.scale[half];
      }
      if (!to.minima.empty()) to.minima[at * kPanelRows + lane] = group.min;
    }
  }
}

LaneWeights ToLanes(const PackedMatrix::Segment& segment, int64_t groups,
                    WorkerPool& pool) {
  const PanelLayout layout = PanelLayoutOf(segment.type);
  LaneWeights weights;
  if (layout.bits == 0) return weights;
  weights.on_lanes = true;
  weights.halves = kPanelGroup / layout.step;
  const int64_t all = segment.panels * groups;
  weights.codes.resize(all * kPanelGroup * kPanelRows);
  weights.scales.resize(all * weights.halves * kPanelRows);
  if (layout.has_min) weights.minima.resize(all * kPanelRows);
  pool.Run(segment.panels, [&](int64_t panel, int /*worker*/) {
    FillPanel(segment, groups, panel, weights);
  });
  for (const std::vector<float>* values : {&weights.scales, &weights.minima}) {
    for (float value : *values) {
      weights.largest_exponent =
          std::max(weights.largest_exponent, ExponentOf(value));
    }
  }
  return weights;
}

// sums[r] += sum_k x[k] * codes[k][r]
void AddDots(const int8_t* codes, const int8_t* x, int columns, int32_t* sums) {
  for (int k = 0; k < columns; ++k) {
    const int16_t value = x[k];
    for (int r = 0; r < kPanelRows; ++r) {
      sums[r] += static_cast<int16_t>(codes[k * kPanelRows + r]) * value;
    }
  }
}

// value * weight_scale * x_scale in units of 2^unit.
int64_t Requantise(int64_t value, float weight_scale, float x_scale, int unit) {
  const Multiplier scale = MultiplierOf(weight_scale * x_scale);
  return ShiftHalfEven(value * scale.multiplier, unit - scale.exponent);
}

}  // namespace

LaneMatrix ToLanes(PackedMatrix packed, WorkerPool& pool) {
  LaneMatrix matrix;
  for (const PackedMatrix::Segment& segment : packed.segments) {
    matrix.segments.push_back(ToLanes(segment, packed.groups, pool));
  }
  matrix.packed = std::move(packed);
  return matrix;
}

bool FpgaProducts::Begin(const PackedMatrix& matrix, int64_t rows) {
  assert(&matrix == &matrix_->packed);
  if (std::ssize(row_exponents_) < rows) row_exponents_.resize(rows);
  return cpu_.Begin(matrix, rows);
}

void FpgaProducts::Convert(MatrixRef x, int64_t first, int64_t count) {
  cpu_.Convert(x, first, count);
  const bool on_lanes =
      std::any_of(matrix_->segments.begin(), matrix_->segments.end(),
                  [](const LaneWeights& w) { return w.on_lanes; });
  if (!on_lanes) return;
  const Int8Rows rows = cpu_.converted().int8();
  for (int64_t r = first; r < first + count; ++r) {
    int largest = kNoExponent;
    for (int64_t g = 0; g < matrix_->packed.groups; ++g) {
      const float scale = rows.scales[g * rows.stride + r];
      // What is not finite makes the whole row so.
      largest = std::max(largest, std::isfinite(scale)
                                      ? ExponentOf(scale)
                                      : std::numeric_limits<int>::max());
    }
    row_exponents_[r] = largest;
  }
}

void FpgaProducts::AddPanel(const LaneWeights& weights, int64_t panel,
                            int64_t row, float* out) {
  const Int8Rows x = cpu_.converted().int8();
  const int64_t groups = matrix_->packed.groups;
  const int64_t columns = kPanelGroup / weights.halves;
  // A product of scales is below 2^(sum of exponents + 2).
  const int unit =
      row_exponents_[row] + weights.largest_exponent + 2 - kFraction;
  int64_t sums[kPanelRows] = {};
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t at = panel * groups + g, in = g * x.stride + row;
    const float x_scale = x.scales[in];
    for (int64_t half = 0; half < weights.halves; ++half) {
      int32_t dots[kPanelRows] = {};
      AddDots(weights.codes.data() +
                  (at * kPanelGroup + half * columns) * kPanelRows,
              x.codes + kPanelGroup * in + half * columns,
              static_cast<int>(columns), dots);
      const float* scales =
          weights.scales.data() + (at * weights.halves + half) * kPanelRows;
      for (int r = 0; r < kPanelRows; ++r) {
        sums[r] += Requantise(dots[r], scales[r], x_scale, unit);
      }
    }
    if (weights.minima.empty()) continue;
    const int64_t total = x.sums[2 * in] + x.sums[2 * in + 1];
    const float* minima = weights.minima.data() + at * kPanelRows;
    for (int r = 0; r < kPanelRows; ++r) {
      sums[r] += Requantise(total, minima[r], x_scale, unit);
    }
  }
  for (int r = 0; r < kPanelRows; ++r) {
    out[r] = std::ldexp(static_cast<float>(sums[r]), unit);
  }
}

void FpgaProducts::Multiply(const ProductPiece& piece, MatrixRef x,
                            bool accumulate, MatrixRef y) {
  const LaneWeights& weights =
      matrix_->segments[&piece.segment - piece.matrix.segments.data()];
  if (!weights.on_lanes) return cpu_.Multiply(piece, x, accumulate, y);
  const std::vector<float>& bias = piece.matrix.bias;
  float out[kPanelRows];
  for (int64_t panel = piece.from; panel < piece.to; ++panel) {
    const int64_t first = (panel - piece.from) * kPanelRows;
    const int64_t count =
        std::min<int64_t>(kPanelRows, piece.outputs() - first);
    for (int64_t row = 0; row < piece.rows; ++row) {
      const int exponent = row_exponents_[piece.row + row];
      if (exponent == std::numeric_limits<int>::max()) {
        std::fill_n(out, kPanelRows, std::numeric_limits<float>::quiet_NaN());
      } else if (exponent == kNoExponent) {
        std::fill_n(out, kPanelRows, 0.0f);
      } else {
        AddPanel(weights, panel, piece.row + row, out);
      }
      float* to = y.row(row) + first;
      for (int64_t r = 0; r < count; ++r) {
        if (!bias.empty()) out[r] += bias[piece.first_output() + first + r];
        to[r] = accumulate ? to[r] + out[r] : out[r];
      }
    }
  }
}

}  // namespace mj
