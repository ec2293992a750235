// How fast this machine reads at best: what every other rate of bytes is
// measured against. Memory's speed on a shared host changes between minutes, so
// a limit belongs to the moment in which it was measured.
#ifndef MILLIJOULE_BENCH_READ_LIMIT_H_
#define MILLIJOULE_BENCH_READ_LIMIT_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

class ReadLimit final {
 public:
  static constexpr int64_t kBytes = int64_t{256} << 20;  // beyond any cache

  // Takes kBytes of memory in 2 MB pages.
  static absl::StatusOr<ReadLimit> Create(const KernelTable& kernels);

  // Reads `bytes` from `first` on, or what there is of them, once, by all
  // threads that the pool uses; returns the bytes read. Few bytes, read again,
  // come from a cache.
  // REQUIRES: 0 <= first < kBytes, a multiple of 64.
  int64_t Read(WorkerPool& pool, int64_t first, int64_t bytes) const;

 private:
  ReadFn* read_ = nullptr;
  MappedMemory memory_;
};

// A call beside the limit of its moment.
struct TimedCall {
  double seconds = 0;                // of one call, the least
  double read_bytes_per_second = 0;  // the most
};

// For calls that stream `bytes` from memory, and find nothing of them in a
// cache: before each call all of the limit's bytes are read, in pieces of as
// many bytes as the call's, the fastest of which counts.
TimedCall TimeStreaming(absl::FunctionRef<void()> call, int64_t bytes,
                        const ReadLimit& limit, WorkerPool& pool);
// For calls whose `bytes` stay in a cache: the limit is that cache's, measured
// before and after.
TimedCall TimeCached(absl::FunctionRef<void()> call, int64_t bytes,
                     const ReadLimit& limit, WorkerPool& pool);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_READ_LIMIT_H_
