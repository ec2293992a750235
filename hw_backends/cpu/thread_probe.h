// How many threads a step should use, measured at start-up: where memory is
// the limit, more threads may read no faster and only cost core time.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_THREAD_PROBE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_THREAD_PROBE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "hw_backends/backend.h"
#include "hw_backends/cpu/matrix_store.h"
#include "hw_backends/cpu/worker_pool.h"

namespace mj {

// Steps of more rows are limited by arithmetic, and use all threads.
inline constexpr int kMostProbedRows = 4;

// Times products of all matrices [0, num_matrices) with 1 row, and with
// kMostProbedRows, on 1, 2, 4, ... and all threads of `pool`, the fastest of
// interleaved passes. Large models are timed on their first matrices alone.
std::vector<ThreadTiming> TimeThreads(MatrixStore& matrices, int num_matrices,
                                      WorkerPool& pool);

// The fewest threads that come within 5 % of the fastest timing of the
// smallest probed number of rows that is not below `rows`; `all` beyond that.
int ThreadsFor(int rows, std::span<const ThreadTiming> timings, int all);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_THREAD_PROBE_H_
