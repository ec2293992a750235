// Weight matrices in a layout of their own, and products with them: the part
// in which the backends that run on a CPU differ.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_MATRIX_STORE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_MATRIX_STORE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/bit_activity.h"
#include "hw_backends/cpu/linear_op.h"
#include "hw_backends/cpu/worker_pool.h"
#include "hw_backends/matrix_role.h"
#include "kernels/model_shape.h"
#include "kernels/tensor_view.h"

namespace mj {

// One thread at a time; `pool` may be used for the call.
class MatrixStore {
 public:
  virtual ~MatrixStore() = default;

  // Stacks `parts` by rows; returns the matrix's id.
  // INVALID_ARGUMENT: they do not stack, or a value is not finite.
  virtual absl::StatusOr<int> Load(std::span<const TensorView> parts,
                                   std::span<const TensorView> biases,
                                   WorkerPool& pool) = 0;
  // The same of a matrix with a place in the model, where that matters.
  virtual absl::StatusOr<int> LoadAs(MatrixRole /*role*/,
                                     std::span<const TensorView> parts,
                                     std::span<const TensorView> biases,
                                     WorkerPool& pool) {
    return Load(parts, biases, pool);
  }
  // As Backend::CheckModel.
  virtual absl::Status CheckModel(const ModelShape& /*shape*/) const {
    return absl::OkStatus();
  }
  virtual int64_t rows(int id) const = 0;
  virtual int64_t cols(int id) const = 0;

  // out[0 .. cols rounded up to 32) = row `row`, dequantised; zeros beyond
  // cols. Any thread.
  virtual void ReadRow(int id, int64_t row, float* out) const = 0;

  // y = x W^T (+ bias), with what `op` fuses into it. Its sink is called by
  // workers of `pool`.
  virtual void Multiply(int id, const LinearOp& op, WorkerPool& pool) = 0;

  // Where bits are counted: of row r of each product since the last call, at
  // r; as many as the largest product had rows, or fewer.
  virtual std::vector<BitActivity> TakeBitActivity() { return {}; }
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_MATRIX_STORE_H_
