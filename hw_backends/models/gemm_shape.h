// y[m, n] = x[m, k] * w[k, n]: the shape that every device law reads.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_GEMM_SHAPE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_GEMM_SHAPE_H_

#include <cstdint>

namespace mj {

struct GemmShape {
  int64_t m = 0, n = 0, k = 0;  // rows of activations, outputs, inputs

  constexpr int64_t macs() const { return m * n * k; }
  bool operator==(const GemmShape&) const = default;
};

// ceil(a / b). REQUIRES: a >= 0, b >= 1.
constexpr int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_GEMM_SHAPE_H_
