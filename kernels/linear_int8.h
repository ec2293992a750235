// Linear of kernels/linear.h on activations of int8 (kernels/activations.h),
// for weights of quantised types:
//   y[r,n] = sum_g (scales[g,r] * d[n,g]) * S + m[n,g] * totals[g,r]
//   S      = sum_k (code - offset)[n,32g+k] * codes[g,r,k], exact in int32
// groups ascending, one float32 sum an output (Q6_K: two S and d a group, of
// 16 columns each), whatever the number of rows. Vector versions fuse each
// multiply-add; the scalar one rounds twice. Versions agree to
// (2 + 3 * groups) * 2^-24 times the sum of the terms' magnitudes.
#ifndef MILLIJOULE_KERNELS_LINEAR_INT8_H_
#define MILLIJOULE_KERNELS_LINEAR_INT8_H_

#include <cstddef>
#include <cstdint>

#include "kernels/activations.h"
#include "kernels/tensor_type.h"

namespace mj {

struct LinearInt8Args {
  TensorType type = TensorType::kQ8_0;  // REQUIRES: a quantised one
  const std::byte* panels = nullptr;    // 64-byte aligned
  int64_t groups = 0;
  int64_t num_outputs = 0;  // rows of W; ceil(num_outputs / 16) panels
  Int8Rows x;               // read only
  int64_t rows = 0;
  const float* bias = nullptr;  // [num_outputs], or none
  bool accumulate = false;
  float* y = nullptr;  // [rows, num_outputs]
  int64_t y_stride = 0;
};

using LinearInt8Fn = void(const LinearInt8Args& args);

namespace scalar {
LinearInt8Fn LinearInt8;
}
namespace avx2 {  // needs AVX2, FMA, F16C
LinearInt8Fn LinearInt8;
}
namespace avx512 {  // needs AVX-512 F, BW, DQ, VL and VNNI
LinearInt8Fn LinearInt8;
}
namespace amx {  // needs those and AMX's int8 tiles; avx512's bits
LinearInt8Fn LinearInt8;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_LINEAR_INT8_H_
