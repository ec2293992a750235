#include "bench/onednn_cases.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "bench/linear_cases.h"
#include "bench/random_matrix.h"
#include "bench/rows_bit_equal.h"
#include "hw_backends/onednn/onednn_product.h"

namespace mj {
namespace {

// Of the rows that are compared, bit by bit.
constexpr int64_t kComparedOutputs = 1024;

struct Product {
  Numerics numerics;
  TensorType type;  // of the weights
};
constexpr Product kProducts[] = {{Numerics::kF32, TensorType::kF32},
                                 {Numerics::kBf16, TensorType::kBF16}};

struct Weights {
  std::vector<float> values;
  std::unique_ptr<OneDnnProduct> product;  // of them

  static absl::StatusOr<std::shared_ptr<Weights>> Make(Numerics numerics,
                                                       int64_t outputs,
                                                       int64_t cols);
};

absl::StatusOr<std::shared_ptr<Weights>> Weights::Make(Numerics numerics,
                                                       int64_t outputs,
                                                       int64_t cols) {
  auto weights = std::make_shared<Weights>();
  const std::vector<float> some = RandomFloats(64 * cols, 1);  // rows repeat
  weights->values.resize(outputs * cols);
  for (int64_t at = 0; at < outputs * cols; at += std::ssize(some)) {
    std::copy_n(some.begin(), std::min(std::ssize(some), outputs * cols - at),
                weights->values.begin() + at);
  }
  auto product = OneDnnProduct::Create(numerics, weights->values, outputs);
  if (!product.ok()) return product.status();
  weights->product = *std::move(product);
  return weights;
}

absl::StatusOr<bool> BitEqual(Numerics numerics, int64_t cols) {
  const auto weights = Weights::Make(numerics, kComparedOutputs, cols);
  if (!weights.ok()) return weights.status();
  return RowsBitEqual(
      cols, kComparedOutputs,
      [&](std::span<const float> x, int threads, std::span<float> y) {
        return (*weights)->product->Multiply(x, threads, y);
      });
}

absl::StatusOr<PreparedCase> Prepare(const Product& kind, int threads,
                                     const ProductShape& shape, int64_t cols) {
  const absl::StatusOr<bool> equal = BitEqual(kind.numerics, cols);
  if (!equal.ok()) return equal.status();
  auto weights = Weights::Make(kind.numerics, shape.outputs, cols);
  if (!weights.ok()) return weights.status();
  const auto x =
      std::make_shared<std::vector<float>>(RandomFloats(shape.rows * cols, 2));
  const auto y =
      std::make_shared<std::vector<float>>(shape.rows * shape.outputs);
  const absl::Status status = (*weights)->product->Multiply(*x, threads, *y);
  if (!status.ok()) return status;
  return PreparedCase{.run =
                          [weights = *std::move(weights), x, y, threads] {
                            // The same call went well before.
                            (void)weights->product->Multiply(*x, threads, *y);
                          },
                      .rows_bit_equal = *equal};
}

}  // namespace

std::vector<KernelCase> OneDnnCases(const KernelBench& bench, int64_t cols) {
  std::vector<KernelCase> cases;
  for (const Product& kind : kProducts) {
    for (const ProductShape& shape : kProductShapes) {
      const auto row_bytes = static_cast<int64_t>(RowBytes(kind.type, cols));
      cases.push_back(
          {.op = "linear",
           .implementation = "onednn",
           .type = std::string(InfoOf(kind.type).name),
           .numerics = std::string(NumericsName(kind.numerics)),
           .rows = shape.rows,
           .outputs = shape.outputs,
           .inputs = cols,
           .operations = 2.0 * shape.rows * shape.outputs * cols,
           .bytes = shape.outputs * row_bytes,
           .has_weights = true,
           .source = shape.source,
           .peak = kind.numerics == Numerics::kBf16 ? &MachineLimits::bf16
                                                    : &MachineLimits::f32,
           .prepare = [kind, shape, cols, threads = bench.pool.threads()] {
             return Prepare(kind, threads, shape, cols);
           }});
    }
  }
  return cases;
}

}  // namespace mj
