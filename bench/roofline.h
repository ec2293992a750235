// What this machine can do at best, measured when it is asked, and the best
// time of a piece of work.
#ifndef MILLIJOULE_BENCH_ROOFLINE_H_
#define MILLIJOULE_BENCH_ROOFLINE_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

// All threads of the pool together. What no kernel measures is absent.
struct MachineLimits {
  double read_bytes_per_second = 0;       // from memory, beyond every cache
  std::optional<double> f32, int8, bf16;  // operations a second
};

MachineLimits MeasureLimits(const KernelTable& kernels, WorkerPool& pool);

// Seconds of one call, the least of several; calls it for about 0.15 s.
double BestSeconds(absl::FunctionRef<void()> call);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_ROOFLINE_H_
