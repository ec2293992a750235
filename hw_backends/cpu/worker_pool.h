// The backend's compute threads: the caller and threads - 1 workers.
//
// A phase is a number of chunks; each thread takes the next free chunk, and
// the phase ends when all chunks are finished, not when all threads arrived:
// a thread that the system holds back delays nothing but its own chunk.
// Workers spin for up to 50 microseconds between phases, then sleep: nothing
// runs at idle.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_WORKER_POOL_H_
#define MILLIJOULE_HW_BACKENDS_CPU_WORKER_POOL_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace mj {

class WorkerPool final {
 public:
  // `worker` is 0 for the caller, 1 .. threads - 1 for the others.
  using Body = absl::FunctionRef<void(int64_t chunk, int worker)>;

  explicit WorkerPool(int threads);  // REQUIRES: threads >= 1
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs body(0..chunks - 1), each once, in any order; returns when all are
  // done. One chunk runs on the caller without waking anyone. One calling
  // thread at a time. REQUIRES: chunks < 2^31
  void Run(int64_t chunks, Body body);

 private:
  bool RunOneChunk(int worker);  // false: no chunk is free
  void Work(int worker);
  void WakeSleepers();
  void WaitUntilFinished(int64_t chunks);
  bool HasFreeChunk() const;

  // High half: the phase's number. Low half: chunks not yet taken.
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int32_t> finished_{0};
  std::atomic<uint32_t> wakeups_{0};
  std::atomic<int32_t> sleepers_{0};
  std::atomic<bool> stopping_{false};
  // The phase, read only by a thread that holds one of its chunks.
  const Body* body_ = nullptr;
  int64_t chunks_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_WORKER_POOL_H_
