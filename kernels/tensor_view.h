// One weight matrix as it lies in a model file.
#ifndef MILLIJOULE_KERNELS_TENSOR_VIEW_H_
#define MILLIJOULE_KERNELS_TENSOR_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/tensor_type.h"

namespace mj {

// [rows, cols], row-major, each row a whole number of blocks. A vector is one
// row. Does not own the bytes: bytes.size() == rows * RowBytes(type, cols).
struct TensorView {
  TensorType type = TensorType::kF32;
  int64_t rows = 0;
  int64_t cols = 0;
  std::span<const std::byte> bytes;
};

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_TENSOR_VIEW_H_
