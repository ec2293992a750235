// GGUF tensor rows to float32: the meaning of every tensor type, written to
// be read. All other kernels are compared with this one.
#ifndef MILLIJOULE_KERNELS_SCALAR_DEQUANTIZE_H_
#define MILLIJOULE_KERNELS_SCALAR_DEQUANTIZE_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/tensor_type.h"

namespace mj::scalar {

// Exact: the upper half of a float32.
inline float BFloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// row: RowBytes(type, cols) bytes, at any address; out: [cols].
// Products and sums are rounded to float32 in the order that the format's
// own reference does them: (scale * group scale) * integer [+ or - minimum].
// REQUIRES: cols is a multiple of the type's block_elements.
void DequantizeRow(TensorType type, const std::byte* row, float* out,
                   int64_t cols);

}  // namespace mj::scalar

#endif  // MILLIJOULE_KERNELS_SCALAR_DEQUANTIZE_H_
