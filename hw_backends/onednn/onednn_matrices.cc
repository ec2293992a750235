#include "hw_backends/onednn/onednn_matrices.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "hw_backends/cpu/elementwise_phase.h"
#include "hw_backends/cpu/packed_matrix.h"

// OpenMP 3.0, 3.2.1. Debian's oneDNN runs on g++'s OpenMP; the header that
// declares this is the compiler's own, and with clang another library's.
extern "C" void omp_set_num_threads(int num_threads);

namespace mj {
namespace {

using Desc = dnnl::memory::desc;
constexpr auto kFloat = dnnl::memory::data_type::f32;

// Steps differ in their number of rows; beyond this many kinds of product the
// primitives are made anew, which takes some microseconds each.
constexpr size_t kMaxProducts = 4096;

// Floats of a product that goes to a sink, held at once.
constexpr int64_t kMaxHeld = 4 << 20;

MatrixRef Scratch(std::vector<float>& buffer, int64_t rows, int64_t cols) {
  buffer.resize(std::max<size_t>(buffer.size(), rows * cols));
  return {buffer.data(), cols};
}

}  // namespace

OneDnnMatrices::OneDnnMatrices(const KernelTable& kernels)
    : kernels_(kernels),
      engine_(dnnl::engine::kind::cpu, 0),
      stream_(engine_) {}

absl::StatusOr<int> OneDnnMatrices::Load(std::span<const TensorView> parts,
                                         std::span<const TensorView> biases,
                                         WorkerPool& pool) {
  // Repacked first, for its checks and its dequantised rows.
  Arena passing;
  absl::StatusOr<PackedMatrix> packed =
      PackMatrix(parts, biases, pool, passing);
  if (!packed.ok()) return packed.status();
  Matrix matrix{.rows = packed->rows,
                .cols = packed->cols,
                .stride = 32 * packed->groups,
                .bias = packed->bias};
  absl::StatusOr<std::byte*> bytes =
      arena_.Allocate(matrix.rows * matrix.stride * sizeof(float));
  if (!bytes.ok()) return bytes.status();
  matrix.values = reinterpret_cast<float*>(*bytes);
  for (int64_t r = 0; r < matrix.rows; ++r) {
    ReadMatrixRow(*packed, r, matrix.values + r * matrix.stride);
  }
  matrices_.push_back(std::move(matrix));
  return static_cast<int>(matrices_.size()) - 1;
}

void OneDnnMatrices::ReadRow(int id, int64_t row, float* out) const {
  const Matrix& matrix = At(id);
  std::copy_n(matrix.values + row * matrix.stride, matrix.cols, out);
}

OneDnnMatrices::Product OneDnnMatrices::MakeProduct(const Key& key) const {
  const auto [id, rows, x_stride, y_stride, accumulate] = key;
  const Matrix& matrix = At(id);
  Product product;
  product.x =
      Desc({rows, matrix.cols}, kFloat, dnnl::memory::dims{x_stride, 1});
  // W^T [cols, rows] of the row-major W.
  product.weights = Desc({matrix.cols, matrix.rows}, kFloat,
                         dnnl::memory::dims{1, matrix.stride});
  product.y =
      Desc({rows, matrix.rows}, kFloat, dnnl::memory::dims{y_stride, 1});
  dnnl::primitive_attr attributes;
  if (accumulate) {
    dnnl::post_ops operations;
    operations.append_sum(1.0f);
    attributes.set_post_ops(operations);
  }
  if (!matrix.bias.empty()) {
    product.bias =
        Desc({1, matrix.rows}, kFloat, dnnl::memory::dims{matrix.rows, 1});
  }
  const dnnl::matmul::desc operation =
      matrix.bias.empty()
          ? dnnl::matmul::desc(product.x, product.weights, product.y)
          : dnnl::matmul::desc(product.x, product.weights, product.bias,
                               product.y);
  product.primitive = dnnl::matmul(
      dnnl::matmul::primitive_desc(operation, attributes, engine_));
  return product;
}

dnnl::memory OneDnnMatrices::View(const Desc& desc, const float* data) const {
  return dnnl::memory(desc, engine_, const_cast<float*>(data));
}

const OneDnnMatrices::Product& OneDnnMatrices::FindProduct(const Key& key) {
  if (products_.size() >= kMaxProducts && !products_.contains(key)) {
    products_.clear();
  }
  auto found = products_.find(key);
  if (found == products_.end()) {
    found = products_.emplace(key, MakeProduct(key)).first;
  }
  return found->second;
}

void OneDnnMatrices::Multiply(int id, const LinearOp& op, WorkerPool& pool) {
  const Matrix& matrix = At(id);
  MatrixRef x = op.x, y = op.y;
  if (op.gamma != nullptr) {
    x = Scratch(normalised_, op.rows, matrix.cols);
    RunRmsNorm(kernels_, pool,
               {.x = op.x.data,
                .x_stride = op.x.stride,
                .gamma = op.gamma,
                .epsilon = op.epsilon,
                .y = x.data,
                .y_stride = x.stride,
                .rows = op.rows,
                .cols = matrix.cols});
  }
  if (op.sink) return RunInParts(id, op, x, pool);
  if (op.gate) y = Scratch(product_, op.rows, matrix.rows);
  Run(id, x, op.rows, op.accumulate, y, pool);
  if (!op.gate) return;
  RunGatedActivation(kernels_, pool, *op.gate, y, op.rows, matrix.rows / 2,
                     op.y);
}

void OneDnnMatrices::RunInParts(int id, const LinearOp& op, MatrixRef x,
                                WorkerPool& pool) {
  const int64_t outputs = At(id).rows;
  const int64_t at_once = std::max<int64_t>(1, kMaxHeld / outputs);
  for (int64_t first = 0; first < op.rows; first += at_once) {
    const int64_t rows = std::min(at_once, op.rows - first);
    const MatrixRef y = Scratch(product_, rows, outputs);
    Run(id, {x.row(first), x.stride}, rows, /*accumulate=*/false, y, pool);
    pool.Run(rows, [&](int64_t r, int worker) {
      (*op.sink)({.first_row = first + r,
                  .rows = 1,
                  .first_output = 0,
                  .outputs = outputs,
                  .values = {y.row(r), y.stride}},
                 worker);
    });
  }
}

void OneDnnMatrices::Run(int id, MatrixRef x, int64_t rows, bool accumulate,
                         MatrixRef y, const WorkerPool& pool) {
  const Matrix& matrix = At(id);
  try {
    const Product& product =
        FindProduct({id, rows, x.stride, y.stride, accumulate});
    std::unordered_map<int, dnnl::memory> arguments = {
        {DNNL_ARG_SRC, View(product.x, x.data)},
        {DNNL_ARG_WEIGHTS, View(product.weights, matrix.values)},
        {DNNL_ARG_DST, View(product.y, y.data)}};
    if (!matrix.bias.empty()) {
      arguments.emplace(DNNL_ARG_BIAS, View(product.bias, matrix.bias.data()));
    }
    omp_set_num_threads(pool.used());  // of this calling thread's products
    product.primitive.execute(stream_, arguments);
    stream_.wait();
  } catch (const dnnl::error&) {
    // Most likely out of memory: the requests of this step end with an error.
    for (int64_t r = 0; r < rows; ++r) {
      std::fill_n(y.row(r), matrix.rows,
                  std::numeric_limits<float>::quiet_NaN());
    }
  }
}

}  // namespace mj
