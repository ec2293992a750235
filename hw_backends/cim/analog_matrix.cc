#include "hw_backends/cim/analog_matrix.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "hw_backends/cim/normal_source.h"
#include "hw_backends/models/gemm_shape.h"
#include "kernels/half.h"
#include "kernels/panel.h"

namespace mj {
namespace {

constexpr int64_t kOutputsPerChunk = 16;

// The cells of inputs [first_input, + inputs) of all outputs.
class Programmer final {
 public:
  Programmer(const PackedMatrix& packed, uint64_t tensor,
             const AnalogDevice& device, const AnalogOptions& options)
      : packed_(packed),
        device_(device),
        compensates_(options.drift_compensation),
        cells_(device.cells, options.age),
        normal_(options.seed, 2 * tensor),
        first_reads_(packed.rows),
        reads_(packed.rows) {}

  absl::StatusOr<AnalogTiles> Program(int64_t first_input, WorkerPool& pool,
                                      Arena& arena) {
    first_input_ = first_input;
    inputs_ = std::min(device_.rows, packed_.cols - first_input);
    halves_.assign(packed_.rows * inputs_, 0);
    AnalogTiles tiles;
    tiles.scales.resize(packed_.rows);
    tiles.means.resize(packed_.rows);
    pool.Run(CeilDiv(packed_.rows, kOutputsPerChunk), [&](int64_t i, int) {
      const int64_t first = i * kOutputsPerChunk;
      ProgramOutputs(first, std::min(first + kOutputsPerChunk, packed_.rows),
                     tiles);
    });
    if (compensates_ && cells_.drifts()) Compensate(tiles);
    absl::StatusOr<PackedMatrix> cells = Pack(pool, arena);
    if (!cells.ok()) return cells.status();
    tiles.cells = *std::move(cells);
    return tiles;
  }

 private:
  // Normal numbers of an output's pairs: [inputs][2 cells] each.
  struct Numbers {
    std::vector<float> programming, drift, read;
  };

  void ProgramOutputs(int64_t first, int64_t last, AnalogTiles& tiles) {
    std::vector<float> row(packed_.groups * kPanelGroup);
    Numbers numbers;
    numbers.programming.resize(2 * inputs_);
    numbers.drift.resize(2 * inputs_);
    numbers.read.resize(2 * inputs_);
    for (int64_t output = first; output < last; ++output) {
      ReadMatrixRow(packed_, output, row.data());
      Draw(output, numbers);
      ProgramOutput(output, {row.data() + first_input_, size_t(inputs_)},
                    numbers, tiles);
    }
  }

  void Draw(int64_t output, Numbers& numbers) const {
    if (device_.cells == CellKind::kIdeal) return;
    const uint64_t place = first_input_ * packed_.rows + output;
    const uint64_t count = 2 * inputs_;
    normal_.Fill(place, 0, numbers.programming);
    normal_.Fill(place, count, numbers.read);
    if (cells_.drifts()) normal_.Fill(place, 2 * count, numbers.drift);
  }

  void ProgramOutput(int64_t output, std::span<const float> weights,
                     const Numbers& numbers, AnalogTiles& tiles) {
    float largest = 0;
    for (float w : weights) largest = std::max(largest, std::abs(w));
    const int levels = device_.periphery.weight_levels;
    const float unit = levels == 0 ? 1.0f : static_cast<float>(levels);
    const float scale = largest == 0 ? 0 : 1 / largest;
    double read = 0, first_read = 0;
    for (int64_t i = 0; i < inputs_; ++i) {
      float target = weights[i] * scale;
      if (levels != 0) target = std::nearbyint(target * unit) / unit;
      const CellsAt::Reads pair = ReadPair(target, numbers, i);
      halves_[output * inputs_ + i] = FloatToHalf(pair.now * unit);
      read += std::abs(pair.now);
      first_read += std::abs(pair.fresh);
    }
    reads_[output] = read;
    first_reads_[output] = first_read;
    tiles.scales[output] = largest;
    tiles.means[output] =
        static_cast<float>(read / static_cast<double>(inputs_));
  }

  // The difference of input i's cells.
  CellsAt::Reads ReadPair(float target, const Numbers& n, int64_t i) const {
    const auto cell = [&](float g, int64_t at) {
      return cells_.Read(g, {n.programming[at], n.drift[at], n.read[at]});
    };
    const CellsAt::Reads plus = cell(std::max(target, 0.0f), 2 * i);
    const CellsAt::Reads minus = cell(std::max(-target, 0.0f), 2 * i + 1);
    return {plus.fresh - minus.fresh, plus.now - minus.now};
  }

  // One factor a tile of device.columns outputs.
  void Compensate(AnalogTiles& tiles) const {
    for (int64_t first = 0; first < packed_.rows; first += device_.columns) {
      const int64_t last = std::min(first + device_.columns, packed_.rows);
      double before = 0, now = 0;
      for (int64_t n = first; n < last; ++n) {
        before += first_reads_[n];
        now += reads_[n];
      }
      if (now == 0) continue;
      const auto factor = static_cast<float>(before / now);
      for (int64_t n = first; n < last; ++n) tiles.scales[n] *= factor;
    }
  }

  absl::StatusOr<PackedMatrix> Pack(WorkerPool& pool, Arena& arena) const {
    const auto bytes = std::as_bytes(std::span(halves_));
    const size_t row_bytes = inputs_ * sizeof(uint16_t);
    std::vector<TensorView> parts;
    for (const PackedMatrix::Segment& segment : packed_.segments) {
      parts.push_back({.type = TensorType::kF16,
                       .rows = segment.rows,
                       .cols = inputs_,
                       .bytes = bytes.subspan(segment.first_row * row_bytes,
                                              segment.rows * row_bytes)});
    }
    return PackMatrix(parts, {}, pool, arena);
  }

  const PackedMatrix& packed_;
  const AnalogDevice& device_;
  const bool compensates_;
  const CellsAt cells_;
  const NormalSource normal_;
  int64_t first_input_ = 0, inputs_ = 0;
  std::vector<uint16_t> halves_;             // [N, inputs]
  std::vector<double> first_reads_, reads_;  // [N]: sums of |difference|
};

}  // namespace

absl::StatusOr<AnalogMatrix> ProgramMatrix(PackedMatrix packed, uint64_t tensor,
                                           const AnalogDevice& device,
                                           const AnalogOptions& options,
                                           WorkerPool& pool, Arena& arena) {
  AnalogMatrix matrix;
  matrix.tensor = tensor;
  Programmer programmer(packed, tensor, device, options);
  for (int64_t input = 0; input < packed.cols; input += device.rows) {
    absl::StatusOr<AnalogTiles> tiles = programmer.Program(input, pool, arena);
    if (!tiles.ok()) return tiles.status();
    matrix.tiles.push_back(*std::move(tiles));
  }
  matrix.packed = std::move(packed);
  return matrix;
}

}  // namespace mj
