#include "engine/model/weight_reduction.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/model/invalid.h"
#include "kernels/half.h"
#include "kernels/scalar/dequantize.h"

namespace mj {
namespace {

constexpr int kGroup = 32;               // columns of a Q8_0 block
constexpr int kGroupBytes = 2 + kGroup;  // half scale, codes
constexpr int kWidest = 8;               // bits of what is written

int BitsOf(TensorType type) {
  switch (type) {
    case TensorType::kF32:
      return 32;
    case TensorType::kF16:
    case TensorType::kBF16:
      return 16;
    case TensorType::kQ8_0:
      return 8;
    case TensorType::kQ6_K:
      return 6;
    case TensorType::kQ5_0:
    case TensorType::kQ5_1:
    case TensorType::kQ5_K:
      return 5;
    case TensorType::kQ4_0:
    case TensorType::kQ4_1:
    case TensorType::kQ4_K:
      return 4;
  }
  return 0;
}

// Columns that are pruned together.
int64_t PrunedColumns(const Sparsity& sparsity) {
  return sparsity.kind == Sparsity::Kind::kBlock
             ? int64_t{kPrunedBlock} * sparsity.of
             : sparsity.of;
}

// How many scores are larger than scores[i]; of equals the first is.
int RankOf(std::span<const double> scores, size_t i) {
  int rank = 0;
  for (size_t k = 0; k < scores.size(); ++k) {
    rank += scores[k] > scores[i] || (scores[k] == scores[i] && k < i);
  }
  return rank;
}

// Up to kPrunedBlock rows of `cols` weights.
struct Strip {
  std::span<float> weights;
  int64_t cols;
  int64_t rows() const { return static_cast<int64_t>(weights.size()) / cols; }
};

absl::Status ReadStrip(const TensorView& matrix, int64_t first,
                       const Strip& strip) {
  const size_t row_bytes = RowBytes(matrix.type, matrix.cols);
  for (int64_t r = 0; r < strip.rows(); ++r) {
    float* const row = strip.weights.data() + r * strip.cols;
    scalar::DequantizeRow(matrix.type,
                          matrix.bytes.data() + (first + r) * row_bytes, row,
                          strip.cols);
    if (std::all_of(row, row + strip.cols,
                    [](float w) { return std::isfinite(w); })) {
      continue;
    }
    return Invalid("row ", first + r, " holds a value that is not finite");
  }
  return absl::OkStatus();
}

void PruneNofM(const Sparsity& sparsity, const Strip& strip) {
  std::vector<double> scores(sparsity.of);
  float* const end = strip.weights.data() + strip.weights.size();
  for (float* group = strip.weights.data(); group < end; group += sparsity.of) {
    for (int i = 0; i < sparsity.of; ++i) scores[i] = std::abs(group[i]);
    for (int i = 0; i < sparsity.of; ++i) {
      if (RankOf(scores, i) >= sparsity.kept) group[i] = 0;
    }
  }
}

double SquaresOf(const Strip& strip, int64_t first_col) {
  double sum = 0;
  for (int64_t r = 0; r < strip.rows(); ++r) {
    const float* w = strip.weights.data() + r * strip.cols + first_col;
    for (int k = 0; k < kPrunedBlock; ++k) sum += double{w[k]} * w[k];
  }
  return sum;
}

void ClearBlock(const Strip& strip, int64_t first_col) {
  for (int64_t r = 0; r < strip.rows(); ++r) {
    float* w = strip.weights.data() + r * strip.cols + first_col;
    std::fill_n(w, kPrunedBlock, 0.0f);
  }
}

void PruneBlocks(const Sparsity& sparsity, const Strip& strip) {
  std::vector<double> scores(sparsity.of);
  for (int64_t col = 0; col < strip.cols; col += PrunedColumns(sparsity)) {
    for (int i = 0; i < sparsity.of; ++i) {
      scores[i] = SquaresOf(strip, col + i * kPrunedBlock);
    }
    for (int i = 0; i < sparsity.of; ++i) {
      if (RankOf(scores, i) < sparsity.kept) continue;
      ClearBlock(strip, col + i * kPrunedBlock);
    }
  }
}

void Prune(const Sparsity& sparsity, const Strip& strip) {
  if (!sparsity.prunes()) return;
  if (sparsity.kind == Sparsity::Kind::kBlock) {
    PruneBlocks(sparsity, strip);
  } else {
    PruneNofM(sparsity, strip);
  }
}

// The scale of the header, before it is stored.
float ScaleOf(std::span<const float, kGroup> weights, int bits) {
  const float largest = *std::max_element(
      weights.begin(), weights.end(),
      [](float a, float b) { return std::abs(a) < std::abs(b); });
  if (bits == kWidest) return std::abs(largest) / 127;
  return largest / -static_cast<float>(1 << (bits - 1));
}

// False: the scale is beyond the largest half.
bool WriteGroup(std::span<const float, kGroup> weights, int bits,
                std::byte* out) {
  const uint16_t half = FloatToHalf(ScaleOf(weights, bits));
  const float scale = HalfToFloat(half);
  if (!std::isfinite(scale)) return false;
  std::memcpy(out, &half, sizeof(half));
  const float highest = static_cast<float>((1 << (bits - 1)) - 1);
  const float lowest = bits == kWidest ? -highest : -highest - 1;
  for (int k = 0; k < kGroup; ++k) {
    const float code = scale == 0 ? 0 : std::nearbyint(weights[k] / scale);
    out[sizeof(half) + k] = static_cast<std::byte>(
        static_cast<int8_t>(std::clamp(code, lowest, highest)));
  }
  return true;
}

}  // namespace

bool Changes(const WeightReduction& reduction, TensorType type) {
  return reduction.sparsity.prunes() ||
         (reduction.bits > 0 && BitsOf(type) > reduction.bits);
}

absl::Status CheckReduction(const WeightReduction& reduction, int64_t cols) {
  if (cols % kGroup != 0) {
    return Invalid("rows of ", cols, " weights, needs a multiple of ", kGroup,
                   " to be re-quantised");
  }
  const Sparsity& sparsity = reduction.sparsity;
  if (sparsity.prunes() && cols % PrunedColumns(sparsity) != 0) {
    return Invalid("rows of ", cols, " weights, needs a multiple of ",
                   PrunedColumns(sparsity), " to be pruned ",
                   SparsityName(sparsity));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::byte>> ReduceMatrix(
    const WeightReduction& reduction, const TensorView& matrix) {
  const int64_t cols = matrix.cols;
  if (auto s = CheckReduction(reduction, cols); !s.ok()) return s;
  const int bits = reduction.bits == 0 ? kWidest : reduction.bits;
  std::vector<std::byte> reduced(matrix.rows *
                                 RowBytes(TensorType::kQ8_0, cols));
  std::byte* out = reduced.data();
  std::vector<float> weights(kPrunedBlock * cols);
  for (int64_t first = 0; first < matrix.rows; first += kPrunedBlock) {
    const int64_t rows = std::min<int64_t>(kPrunedBlock, matrix.rows - first);
    const Strip strip{std::span(weights).first(rows * cols), cols};
    if (auto s = ReadStrip(matrix, first, strip); !s.ok()) return s;
    Prune(reduction.sparsity, strip);
    for (int64_t i = 0; i < rows * cols; i += kGroup, out += kGroupBytes) {
      const std::span<const float, kGroup> group(&weights[i], kGroup);
      if (WriteGroup(group, bits, out)) continue;
      return Invalid("row ", first + i / cols,
                     " holds a value beyond the scales of Q8_0");
    }
  }
  return reduced;
}

}  // namespace mj
