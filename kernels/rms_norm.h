// y[r,c] = x[r,c] * gamma[c] / sqrt(mean(x[r,:]^2) + epsilon), or y += that.
// (Zhang & Sennrich 2019)
// x, y: [rows, cols], rows `stride` floats apart; gamma: [cols]. y may be x.
// float32; the mean's tree is fixed by cols. Versions agree to
// cols * 2^-23, relative to |x * gamma / rms|.
#ifndef MILLIJOULE_KERNELS_RMS_NORM_H_
#define MILLIJOULE_KERNELS_RMS_NORM_H_

#include <cstdint>

namespace mj {

struct RmsNormArgs {
  const float* x = nullptr;
  int64_t x_stride = 0;
  const float* gamma = nullptr;
  float epsilon = 0;
  bool accumulate = false;
  float* y = nullptr;
  int64_t y_stride = 0;
  int64_t rows = 0;
  int64_t cols = 0;
};

using RmsNormFn = void(const RmsNormArgs& args);

namespace scalar {
RmsNormFn RmsNorm;
}
namespace avx2 {
RmsNormFn RmsNorm;
}
namespace avx512 {
RmsNormFn RmsNorm;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_RMS_NORM_H_
