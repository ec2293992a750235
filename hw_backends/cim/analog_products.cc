#include "hw_backends/cim/analog_products.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "hw_backends/cim/normal_source.h"

namespace mj {
namespace {

// To nearest, halves to even, of |x| < 2^22; unlike libm's, it runs in lanes.
float Round(float x) {
  constexpr float kShift = 12582912;  // 1.5 * 2^23
  return (x + kShift) - kShift;
}

}  // namespace

bool AnalogProducts::Begin(const PackedMatrix& matrix, int64_t rows) {
  assert(&matrix == &matrix_->packed);
  stride_ = matrix.groups * kPanelGroup;
  if (std::ssize(codes_) < rows * stride_) codes_.resize(rows * stride_);
  const int64_t inputs = rows * num_tiles();
  if (std::ssize(inputs_) < inputs) inputs_.resize(inputs);
  return true;
}

AnalogProducts::TileInput AnalogProducts::ConvertTile(std::span<const float> x,
                                                      float* codes) const {
  float largest = 0;
  for (float v : x) largest = std::max(largest, std::abs(v));
  if (largest == 0) {
    std::fill_n(codes, x.size(), 0.0f);
    return {};
  }
  const auto levels = static_cast<float>(device_.periphery.input_levels);
  float squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    codes[i] = Round(x[i] / largest * levels);
    squares += codes[i] * codes[i];
  }
  return {largest / levels, squares / (levels * levels)};
}

void AnalogProducts::Convert(MatrixRef x, int64_t first, int64_t count) {
  for (int64_t row = first; row < first + count; ++row) {
    for (int64_t tile = 0; tile < num_tiles(); ++tile) {
      const int64_t from = tile * device_.rows;
      const int64_t size = std::min(device_.rows, stride_ - from);
      inputs_[row * num_tiles() + tile] =
          ConvertTile({x.row(row) + from, static_cast<size_t>(size)},
                      codes_.data() + row * stride_ + from);
    }
  }
}

void AnalogProducts::SumCurrents(const ProductPiece& piece, int64_t segment,
                                 int64_t tile, MatrixRef out) const {
  const PackedMatrix& cells = matrix_->tiles[tile].cells;
  const PackedMatrix::Segment& part = cells.segments[segment];
  kernels_.linear(
      {.type = part.type,
       .panels = part.data + piece.from * part.panel_bytes,
       .groups = cells.groups,
       .num_outputs = piece.outputs(),
       .x = codes_.data() + piece.row * stride_ + tile * device_.rows,
       .x_stride = stride_,
       .rows = piece.rows,
       .y = out.data,
       .y_stride = out.stride});
}

void AnalogProducts::AddConverted(const Place& place, int64_t first_output,
                                  std::span<const float> currents,
                                  std::span<float> noise,
                                  std::span<float> sums) const {
  const Periphery& p = device_.periphery;
  const AnalogTiles& tiles = matrix_->tiles[place.tile];
  const float* scales = tiles.scales.data() + first_output;
  const float* means = tiles.means.data() + first_output;
  const TileInput input = inputs_[place.row * num_tiles() + place.tile];
  if (p.output_levels == 0) {
    const float unit = input.unit / static_cast<float>(p.weight_levels);
    for (size_t c = 0; c < sums.size(); ++c) {
      sums[c] += currents[c] * unit * scales[c];
    }
    return;
  }
  const uint64_t position = positions_[place.row];
  const uint64_t tile = position * num_tiles() + place.tile;
  const uint64_t parts = matrix_->packed.segments.size();
  NormalSource(seed_, 2 * matrix_->tensor + 1)
      .Fill(tile * parts + place.segment, place.first, noise);
  const auto in = static_cast<float>(p.input_levels);
  const auto out = static_cast<float>(p.output_levels);
  const float step = p.output_bound / out;
  const float constant = p.output_noise * p.output_noise;
  const float read = p.read_noise * p.read_noise * input.energy;
  for (size_t c = 0; c < sums.size(); ++c) {
    const float sigma = std::sqrt(constant + read * means[c]);
    const float current = currents[c] / in + sigma * noise[c];
    const float level = std::clamp(current / step, -out, out);
    sums[c] += Round(level) * (step * in) * input.unit * scales[c];
  }
}

void AnalogProducts::Multiply(const ProductPiece& piece, MatrixRef /*x*/,
                              bool accumulate, MatrixRef y) {
  const int64_t outputs = piece.outputs();
  const int64_t segment = &piece.segment - piece.matrix.segments.data();
  std::vector<float> currents(piece.rows * outputs);
  std::vector<float> sums(piece.rows * outputs);
  std::vector<float> noise(outputs);
  const auto row_of = [&](std::vector<float>& all, int64_t r) {
    return std::span(all).subspan(r * outputs, outputs);
  };
  for (int64_t tile = 0; tile < num_tiles(); ++tile) {
    SumCurrents(piece, segment, tile, {currents.data(), outputs});
    for (int64_t r = 0; r < piece.rows; ++r) {
      AddConverted({.tile = tile,
                    .row = piece.row + r,
                    .segment = static_cast<uint64_t>(segment),
                    .first = static_cast<uint64_t>(piece.from * kPanelRows)},
                   piece.first_output(), row_of(currents, r), noise,
                   row_of(sums, r));
    }
  }
  const std::vector<float>& bias = piece.matrix.bias;
  for (int64_t r = 0; r < piece.rows; ++r) {
    const std::span<const float> sum = row_of(sums, r);
    for (int64_t c = 0; c < outputs; ++c) {
      const float b = bias.empty() ? 0 : bias[piece.first_output() + c];
      y.row(r)[c] = (accumulate ? y.row(r)[c] : 0) + (sum[c] + b);
    }
  }
}

}  // namespace mj
