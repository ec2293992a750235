#include "bench/linear_cases.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "bench/latest_matrix.h"
#include "bench/random_matrix.h"
#include "bench/rows_bit_equal.h"
#include "hw_backends/cpu/converted_rows.h"
#include "kernels/panel.h"

namespace mj {
namespace {

constexpr TensorType kTypes[] = {
    TensorType::kQ4_0, TensorType::kQ4_1, TensorType::kQ5_0, TensorType::kQ5_1,
    TensorType::kQ8_0, TensorType::kQ4_K, TensorType::kQ5_K, TensorType::kQ6_K,
    TensorType::kBF16, TensorType::kF16,  TensorType::kF32};

constexpr int64_t kComparedOutputs = 1024;  // of the rows that are compared

int64_t GroupsOf(int64_t cols) {
  return (cols + kPanelGroup - 1) / kPanelGroup;
}

int64_t WeightBytes(TensorType type, int64_t outputs, int64_t cols) {
  const int64_t panels = (outputs + kPanelRows - 1) / kPanelRows;
  return panels * static_cast<int64_t>(PanelBytes(type, GroupsOf(cols)));
}

// Activations and results of a product, in memory of their own.
struct Rows {
  // Rows start at different sets of the first-level cache, as the backend's.
  static int64_t Stride(int64_t cols) { return GroupsOf(cols) * 32 + 16; }
  Rows(int64_t rows, int64_t cols, int64_t outputs)
      : x(RandomFloats(rows * Stride(cols), 2)),
        y(rows * (outputs + 16)),
        op{.x = {x.data(), Stride(cols)},
           .rows = rows,
           .y = {y.data(), outputs + 16}} {
    for (int64_t r = 0; r < rows; ++r) {
      std::fill(op.x.row(r) + cols, op.x.row(r) + op.x.stride, 0.0f);
    }
  }
  std::vector<float> x, y;
  LinearOp op;
};

// What the cases share: the matrix at hand, and what was found of bits.
struct Shared {
  KernelBench bench;
  int64_t cols = 0;
  LatestMatrix latest;
  std::map<std::pair<TensorType, Numerics>, bool> rows_bit_equal;

  absl::StatusOr<bool> BitEqual(TensorType type, Numerics numerics);
  absl::StatusOr<PreparedCase> Prepare(TensorType type, Numerics numerics,
                                       const ProductShape& shape);
};

absl::StatusOr<bool> Shared::BitEqual(TensorType type, Numerics numerics) {
  const auto key = std::pair(type, numerics);
  if (const auto known = rows_bit_equal.find(key);
      known != rows_bit_equal.end()) {
    return known->second;
  }
  WorkerPool pool(2);
  const auto matrix =
      latest.Get({type, numerics, kComparedOutputs, cols}, bench.kernels, pool);
  if (!matrix.ok()) return matrix.status();
  const absl::StatusOr<bool> equal = RowsBitEqual(
      cols, kComparedOutputs,
      [&](std::span<const float> x, int threads, std::span<float> y) {
        const auto count = static_cast<int64_t>(x.size()) / cols;
        Rows rows(count, cols, kComparedOutputs);
        for (int64_t r = 0; r < count; ++r) {
          std::copy_n(x.data() + r * cols, cols, rows.op.x.row(r));
        }
        rows.op.y = {y.data(), kComparedOutputs};
        pool.Use(threads);
        (*matrix)->Multiply(0, rows.op, pool);
        return absl::OkStatus();
      });
  if (equal.ok()) rows_bit_equal[key] = *equal;
  return equal;
}

absl::StatusOr<PreparedCase> Shared::Prepare(TensorType type, Numerics numerics,
                                             const ProductShape& shape) {
  const absl::StatusOr<bool> equal = BitEqual(type, numerics);
  if (!equal.ok()) return equal.status();
  const auto matrix = latest.Get({type, numerics, shape.outputs, cols},
                                 bench.kernels, bench.pool);
  if (!matrix.ok()) return matrix.status();
  const auto rows = std::make_shared<Rows>(shape.rows, cols, shape.outputs);
  return PreparedCase{
      .run = [matrix = *matrix, rows,
              &pool = bench.pool] { matrix->Multiply(0, rows->op, pool); },
      .rows_bit_equal = *equal};
}

bool IsApart(TensorType type, Numerics numerics, const KernelTable& kernels) {
  return numerics == Numerics::kF32 ||
         FormFor(type, numerics, kernels) != RowForm::kPlain;
}

}  // namespace

std::optional<double> MachineLimits::*PeakOf(TensorType type, Numerics numerics,
                                             const KernelTable& kernels) {
  switch (FormFor(type, numerics, kernels)) {
    case RowForm::kInt8:
      return &MachineLimits::int8;
    case RowForm::kInt16:
      return &MachineLimits::int16;
    case RowForm::kBf16:
      return &MachineLimits::bf16;
    case RowForm::kPlain:
    case RowForm::kRounded:
      break;
  }
  return &MachineLimits::f32;
}

std::vector<KernelCase> LinearCases(const KernelBench& bench, int64_t cols) {
  const auto shared = std::make_shared<Shared>(
      Shared{.bench = bench, .cols = cols, .latest = {}, .rows_bit_equal = {}});
  std::vector<KernelCase> cases;
  for (TensorType type : kTypes) {
    if (cols % InfoOf(type).block_elements != 0) continue;
    for (Numerics numerics :
         {Numerics::kF32, Numerics::kBf16, Numerics::kInt8}) {
      if (!IsApart(type, numerics, bench.kernels)) continue;
      for (const ProductShape& shape : kProductShapes) {
        cases.push_back({.op = "linear",
                         .type = std::string(InfoOf(type).name),
                         .numerics = std::string(NumericsName(numerics)),
                         .rows = shape.rows,
                         .outputs = shape.outputs,
                         .inputs = cols,
                         .operations = 2.0 * shape.rows * shape.outputs * cols,
                         .bytes = WeightBytes(type, shape.outputs, cols),
                         .has_weights = true,
                         .source = shape.source,
                         .peak = PeakOf(type, numerics, bench.kernels),
                         .prepare = [shared, type, numerics, shape] {
                           return shared->Prepare(type, numerics, shape);
                         }});
      }
    }
  }
  return cases;
}

}  // namespace mj
