// Linear of kernels/linear.h on activations of 16-bit integers
// (kernels/activations.h), for weights of quantised types, by instructions that
// multiply pairs of such integers into int32: what LinearInt8 does, with the
// same formula and tree. It serves the profile of bfloat16, to which it is an
// improvement: a value loses at most 2^-16 of its group's largest, not 2^-9 of
// itself (SmolLM2: mean KL divergence from float32 3e-5, not 1.9e-4).
#ifndef MILLIJOULE_KERNELS_LINEAR_INT16_H_
#define MILLIJOULE_KERNELS_LINEAR_INT16_H_

#include <cstddef>
#include <cstdint>

#include "kernels/activations.h"
#include "kernels/tensor_type.h"

namespace mj {

struct LinearInt16Args {
  TensorType type = TensorType::kQ8_0;  // REQUIRES: a quantised one
  const std::byte* panels = nullptr;    // 64-byte aligned
  int64_t groups = 0;
  int64_t num_outputs = 0;  // rows of W; ceil(num_outputs / 16) panels
  Int16Rows x;              // read only
  int64_t rows = 0;
  const float* bias = nullptr;  // [num_outputs], or none
  bool accumulate = false;
  float* y = nullptr;  // [rows, num_outputs]
  int64_t y_stride = 0;
};

using LinearInt16Fn = void(const LinearInt16Args& args);

// Of integers Intel's cores multiply four times as many pairs a cycle as of
// bfloat16 (measured: Emerald Rapids, 722 and 177 Gop/s on 2 cores); AMD's as
// many of the one as of the other.
namespace avx512 {  // needs AVX-512 F, BW, DQ, VL and VNNI
LinearInt16Fn LinearInt16;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_LINEAR_INT16_H_
