#include "kernels/linear.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/linear_body.h"

namespace mj::avx512 {

void Linear(const LinearArgs& args) { RunLinear<Vector>(args); }

void GroupSums(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
               float* sums, int64_t sums_stride) {
  RunGroupSums<Vector>(x, x_stride, rows, groups, sums, sums_stride);
}

}  // namespace mj::avx512
