// y = x W^T over all threads: cuts a product into pieces of panels and rows.
// The cut changes no bit of y.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_

#include <cstdint>
#include <vector>

#include "hw_backends/cpu/packed_matrix.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

// [rows, cols], rows `stride` floats apart.
struct MatrixRef {
  float* data = nullptr;
  int64_t stride = 0;
  float* row(int64_t r) const { return data + r * stride; }
};

// The first `rows` rows of x, whose columns reach to 32 * groups with zeros
// beyond W's own. `sums` is scratch kept between calls.
void RunLinear(const KernelTable& kernels, WorkerPool& pool,
               const PackedMatrix& matrix, MatrixRef x, int64_t rows,
               bool accumulate, MatrixRef y, std::vector<float>& sums);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_LINEAR_PHASE_H_
