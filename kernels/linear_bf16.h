// Linear of kernels/linear.h on activations of bfloat16, by instructions that
// multiply pairs of bfloat16 into float32. Quantised weights enter as the
// exact integers they are (Q8_0's times 2^24, which d takes back, so that
// activations beyond 2^95 may overflow); their scales act on sums.
//
// One reduction tree per output, whatever the number of rows. A step (the
// columns of one scale, 32 or 16) has a pair of columns a dot-product lane:
// even and odd pairs each ascend in a sum of their own; then s = even + odd;
// acc = fma(d, s, acc), after each group acc = fma(m, sum of x, acc). Inside
// an instruction: the pair's second product, then its first, each rounded;
// subnormals count as zero. Agrees with scalar::Linear on the rounded values
// to (24 + 2 * groups) * 2^-23 times the sum of the terms' magnitudes.
#ifndef MILLIJOULE_KERNELS_LINEAR_BF16_H_
#define MILLIJOULE_KERNELS_LINEAR_BF16_H_

#include <cstddef>
#include <cstdint>

#include "kernels/activations.h"
#include "kernels/tensor_type.h"

namespace mj {

struct LinearBf16Args {
  // REQUIRES: BF16 or a quantised one.
  TensorType type = TensorType::kBF16;
  const std::byte* panels = nullptr;  // 64-byte aligned
  int64_t groups = 0;
  int64_t num_outputs = 0;  // rows of W; ceil(num_outputs / 16) panels
  Bf16Rows x;               // read only
  int64_t rows = 0;
  const float* bias = nullptr;  // [num_outputs], or none
  bool accumulate = false;
  float* y = nullptr;  // [rows, num_outputs]
  int64_t y_stride = 0;
};

using LinearBf16Fn = void(const LinearBf16Args& args);

// Elsewhere Linear multiplies rounded rows (kernels/activations.h).
namespace avx512 {  // needs AVX-512 F, BW, DQ, VL and BF16
LinearBf16Fn LinearBf16;
}
// Needs AVX-512 F, BW, DQ, VL and AMX's bf16 tiles. A step's tree is the
// tile's: first and second halves of pairs ascend in a sum each, fused; then
// s = first + second.
namespace amx {
LinearBf16Fn LinearBf16;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_LINEAR_BF16_H_
