#include "hw_backends/cpu/elementwise_phase.h"

#include "hw_backends/cpu/row_phase.h"

namespace mj {

void RunRmsNorm(const KernelTable& kernels, WorkerPool& pool,
                const RmsNormArgs& args) {
  ForRows(pool, args.rows, args.cols, [&](int64_t first, int64_t count) {
    RmsNormArgs part = args;
    part.x += first * args.x_stride;
    part.y += first * args.y_stride;
    part.rows = count;
    kernels.rms_norm(part);
  });
}

void RunGatedActivation(const KernelTable& kernels, WorkerPool& pool,
                        Activation activation, MatrixRef gate_up, int64_t rows,
                        int64_t cols, MatrixRef y) {
  ForRows(pool, rows, 4 * cols, [&](int64_t first, int64_t count) {
    for (int64_t r = first; r < first + count; ++r) {
      const float* gate = gate_up.row(r);
      kernels.gated_activation(activation, gate, gate + cols, y.row(r), cols);
    }
  });
}

}  // namespace mj
