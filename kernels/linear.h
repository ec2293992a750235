// y[r,n] = sum_k x[r,k] * W[n,k] (+ bias[n]) (+ y[r,n])
// W: repacked panels (kernels/panel.h). x: [rows, 32 * groups], its columns
// beyond W's own are zeros. float32 throughout; codes are exact integers.
//
// One reduction tree per output, whatever the number of rows: for each step of
// columns with a common scale s = sum_k (code - offset) * x[k], k ascending;
// acc += d * s; after each group acc += m * sum_k x[k]. Steps ascend. Float
// types: acc += s. Vector versions fuse each multiply-add; the scalar one
// rounds twice. Versions agree to
// (32 + groups) * 2^-23 * sum_k |x[k]| * (|d| * |code - offset| + |m|).
#ifndef MILLIJOULE_KERNELS_LINEAR_H_
#define MILLIJOULE_KERNELS_LINEAR_H_

#include <cstddef>
#include <cstdint>

#include "kernels/tensor_type.h"

namespace mj {

struct LinearArgs {
  TensorType type = TensorType::kF32;
  const std::byte* panels = nullptr;  // 64-byte aligned
  int64_t groups = 0;
  int64_t num_outputs = 0;  // rows of W; ceil(num_outputs / 16) panels
  const float* x = nullptr;
  int64_t x_stride = 0;  // floats from row to row
  int64_t rows = 0;
  // [rows, groups], from GroupSums; read only for types with minima.
  const float* sums = nullptr;
  int64_t sums_stride = 0;
  const float* bias = nullptr;  // [num_outputs], or none
  bool accumulate = false;
  float* y = nullptr;  // [rows, num_outputs]; must not overlap x
  int64_t y_stride = 0;
};

using LinearFn = void(const LinearArgs& args);

// sums[r,g] = sum of x[r, 32 g .. 32 g + 31], by one fixed tree.
using GroupSumsFn = void(const float* x, int64_t x_stride, int64_t rows,
                         int64_t groups, float* sums, int64_t sums_stride);

namespace scalar {
LinearFn Linear;
GroupSumsFn GroupSums;
}  // namespace scalar
namespace avx2 {  // needs AVX2, FMA, F16C
LinearFn Linear;
GroupSumsFn GroupSums;
}  // namespace avx2
namespace avx512 {  // needs AVX-512 F, BW, DQ, VL
LinearFn Linear;
GroupSumsFn GroupSums;
}  // namespace avx512

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_LINEAR_H_
