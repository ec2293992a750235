// Rows of float32 in memory of someone else's.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_MATRIX_REF_H_
#define MILLIJOULE_HW_BACKENDS_CPU_MATRIX_REF_H_

#include <cstdint>

namespace mj {

// [rows, cols], rows `stride` floats apart.
struct MatrixRef {
  float* data = nullptr;
  int64_t stride = 0;
  float* row(int64_t r) const { return data + r * stride; }
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_MATRIX_REF_H_
