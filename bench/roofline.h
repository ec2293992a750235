// What this machine can do at best, measured when it is asked.
#ifndef MILLIJOULE_BENCH_ROOFLINE_H_
#define MILLIJOULE_BENCH_ROOFLINE_H_

#include <optional>

#include "bench/read_limit.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

// All threads of the pool together, but for one rate. What no kernel measures
// is absent.
struct MachineLimits {
  double read_bytes_per_second = 0;  // from memory, beyond every cache
  double read_bytes_per_second_one_thread = 0;
  std::optional<double> f32, int8, int16, bf16;  // operations a second
};

MachineLimits MeasureLimits(const KernelTable& kernels, const ReadLimit& limit,
                            WorkerPool& pool);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_ROOFLINE_H_
