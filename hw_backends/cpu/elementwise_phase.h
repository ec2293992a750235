// Element-wise verbs over all threads.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_ELEMENTWISE_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_ELEMENTWISE_PHASE_H_

#include <cstdint>

#include "hw_backends/cpu/matrix_ref.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

void RunRmsNorm(const KernelTable& kernels, WorkerPool& pool,
                const RmsNormArgs& args);

// gate_up [rows, 2 * cols] -> y [rows, cols]: activation(gate) * up
void RunGatedActivation(const KernelTable& kernels, WorkerPool& pool,
                        Activation activation, MatrixRef gate_up, int64_t rows,
                        int64_t cols, MatrixRef y);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_ELEMENTWISE_PHASE_H_
