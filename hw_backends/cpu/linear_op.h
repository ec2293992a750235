// One product with a stored matrix, and what is fused into it.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_LINEAR_OP_H_
#define MILLIJOULE_HW_BACKENDS_CPU_LINEAR_OP_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "hw_backends/cpu/matrix_ref.h"
#include "kernels/model_shape.h"

namespace mj {

// A finished part of a product, in memory that lives for the call.
struct ProductBlock {
  int64_t first_row = 0, rows = 0;        // of x
  int64_t first_output = 0, outputs = 0;  // of the matrix
  MatrixRef values;                       // [rows, outputs]
};
// Called by the worker that finished the block: `worker` is WorkerPool's.
using BlockSink = absl::FunctionRef<void(const ProductBlock&, int worker)>;

struct LinearOp {
  // The first `rows` rows; columns reach to the next multiple of 32 with zeros
  // beyond the matrix's own.
  MatrixRef x;
  int64_t rows = 0;
  // [rows]: positions in their sequences, for devices whose noise goes by them.
  const int32_t* positions = nullptr;
  // RMS norm of x first, by gamma [cols]; or none.
  const float* gamma = nullptr;
  float epsilon = 0;
  // The matrix is gate|up, of n rows each: y [rows, n] = gate(..) * up(..).
  std::optional<Activation> gate;
  bool accumulate = false;  // y += that; not with a gate
  MatrixRef y;
  // Takes the product, each part of it once, in place of y; not with a gate.
  std::optional<BlockSink> sink;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_LINEAR_OP_H_
