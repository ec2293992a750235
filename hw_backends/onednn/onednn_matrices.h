// float32 matrices multiplied by oneDNN's matmul primitive.
#ifndef MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_MATRICES_H_
#define MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_MATRICES_H_

#include <map>
#include <tuple>
#include <vector>

#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/matrix_store.h"
#include "kernels/kernel_table.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace mj {

// One thread at a time.
class OneDnnMatrices final : public MatrixStore {
 public:
  explicit OneDnnMatrices(const KernelTable& kernels);

  absl::StatusOr<int> Load(std::span<const TensorView> parts,
                           std::span<const TensorView> biases,
                           WorkerPool& pool) override;
  int64_t rows(int id) const override { return At(id).rows; }
  int64_t cols(int id) const override { return At(id).cols; }
  void ReadRow(int id, int64_t row, float* out) const override;
  void Multiply(int id, const LinearOp& op, WorkerPool& pool) override;

 private:
  struct Matrix {
    int64_t rows = 0, cols = 0;
    int64_t stride = 0;       // floats from row to row
    float* values = nullptr;  // [rows, stride], in the arena
    std::vector<float> bias;  // [rows], or empty
  };
  // Everything a primitive is made for: matrix, rows, strides of x and y, and
  // whether it adds to y.
  using Key = std::tuple<int, int64_t, int64_t, int64_t, bool>;
  struct Product {
    dnnl::memory::desc x, weights, bias, y;
    dnnl::matmul primitive;
  };

  void RunInParts(int id, const LinearOp& op, MatrixRef x, WorkerPool& pool);
  // Products use as many threads of OpenMP's as `pool` uses of its own.
  void Run(int id, MatrixRef x, int64_t rows, bool accumulate, MatrixRef y,
           const WorkerPool& pool);
  const Matrix& At(int id) const { return matrices_[id]; }
  Product MakeProduct(const Key& key) const;
  const Product& FindProduct(const Key& key);
  dnnl::memory View(const dnnl::memory::desc& desc, const float* data) const;

  const KernelTable kernels_;  // of what is not a product
  dnnl::engine engine_;
  dnnl::stream stream_;
  Arena arena_;
  std::vector<Matrix> matrices_;
  std::map<Key, Product> products_;
  std::vector<float> normalised_, product_;  // scratch
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_MATRICES_H_
