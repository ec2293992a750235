// The backend's compute threads: the caller and threads - 1 workers.
//
// A phase is a number of chunks. Each thread first takes those of its own
// range in order, as memory likes it, then the others' from their ends. The
// phase ends when all chunks are finished, not when all threads arrived: a
// thread that the system holds back delays nothing but its own chunk.
// Workers spin for up to 50 microseconds between phases, then sleep: nothing
// runs at idle.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_WORKER_POOL_H_
#define MILLIJOULE_HW_BACKENDS_CPU_WORKER_POOL_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "hw_backends/cpu/chunk_range.h"

namespace mj {

class WorkerPool final {
 public:
  // `worker` is 0 for the caller, 1 .. threads - 1 for the others.
  using Body = absl::FunctionRef<void(int64_t chunk, int worker)>;

  explicit WorkerPool(int threads);  // REQUIRES: threads >= 1
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const { return static_cast<int>(ranges_.size()); }
  // How many of them the next phases use; all at first. The others sleep.
  // REQUIRES: 1 <= threads <= threads(); between phases.
  void Use(int threads) { used_ = threads; }
  int used() const { return used_; }

  // Runs body(0..chunks - 1), each once, in any order; returns when all are
  // done. One chunk runs on the caller without waking anyone. One calling
  // thread at a time.
  void Run(int64_t chunks, Body body);

 private:
  struct alignas(64) Sleeper {
    std::atomic<uint32_t> wakeups{0};
    std::atomic<bool> asleep{false};
  };

  // A ticket is a chunk, or several where there are more than ranges hold.
  bool RunOneTicket(int worker);  // false: none is free
  void RunTicket(int ticket, int worker);
  int FirstTicket(int worker) const;  // of its range
  void Work(int worker);
  void WakeSleepers();
  void Sleep(int worker);
  void WaitUntilFinished();
  bool HasTicketFor(int worker) const;

  std::vector<ChunkRange> ranges_;    // of tickets, one a thread
  std::atomic<int> used_;             // threads; the ranges of others are empty
  std::atomic<int32_t> finished_{0};  // tickets
  std::vector<Sleeper> sleepers_;     // one a thread; the caller's is unused
  std::atomic<bool> stopping_{false};
  // The phase, read only by the caller and by threads that hold a ticket.
  uint32_t phase_ = 0;
  const Body* body_ = nullptr;
  int64_t chunks_ = 0;
  int64_t chunks_per_ticket_ = 1;
  int32_t tickets_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_WORKER_POOL_H_
