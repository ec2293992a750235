// The element types of GGUF tensors. The values are the file format's own.
// Source: the GGUF specification and the block layouts it refers to.
#ifndef MILLIJOULE_KERNELS_TENSOR_TYPE_H_
#define MILLIJOULE_KERNELS_TENSOR_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mj {

enum class TensorType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

struct TensorTypeInfo {
  TensorType type;
  std::string_view name;  // as GGUF tools print it: "Q4_1"
  int block_elements;     // elements a block holds, consecutive in a row
  int block_bytes;
};

// nullptr for a type this build cannot read.
const TensorTypeInfo* FindTensorType(uint32_t gguf_type);
// REQUIRES: `type` is one of the enumerators.
const TensorTypeInfo& InfoOf(TensorType type);
// REQUIRES: cols is a multiple of the type's block_elements.
size_t RowBytes(TensorType type, int64_t cols);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_TENSOR_TYPE_H_
