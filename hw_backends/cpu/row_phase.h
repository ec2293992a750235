// Work on a step's rows, one by one.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_ROW_PHASE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_ROW_PHASE_H_

#include <algorithm>
#include <cstdint>

#include "hw_backends/cpu/worker_pool.h"

namespace mj {

// Calls f(first row, count) until all rows are done. `elements` says what a row
// costs: a few nanoseconds each. Little work stays on the caller.
template <class F>
void ForRows(WorkerPool& pool, int64_t rows, int64_t elements, const F& f) {
  // About a microsecond: what it takes until another thread has begun.
  constexpr int64_t kSmallWork = 2048;
  constexpr int64_t kMostRows = 16;
  const int64_t even = rows / (2 * pool.used());
  const int64_t enough = kSmallWork / std::max<int64_t>(elements, 1) + 1;
  const int64_t chunk = std::max(std::min(even, kMostRows), enough);
  pool.Run((rows + chunk - 1) / chunk, [&](int64_t i, int) {
    f(i * chunk, std::min(chunk, rows - i * chunk));
  });
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_ROW_PHASE_H_
