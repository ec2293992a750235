#include "hw_backends/cpu/worker_pool.h"

#include <emmintrin.h>

#include <algorithm>
#include <cassert>
#include <chrono>

namespace mj {
namespace {

constexpr auto kSpin = std::chrono::microseconds(50);  // a wake costs 12 us
constexpr int kPausesPerLook = 32;

// Spins until ready() or kSpin have passed; whether it became ready.
template <class Ready>
bool SpinUntil(const Ready& ready) {
  const auto deadline = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (ready()) return true;
      _mm_pause();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

}  // namespace

WorkerPool::WorkerPool(int threads)
    : ranges_(threads), used_(threads), sleepers_(threads) {
  assert(threads >= 1);
  for (int i = 1; i < threads; ++i) {
    workers_.emplace_back([this, i] { Work(i); });
  }
}

WorkerPool::~WorkerPool() {
  stopping_ = true;
  for (Sleeper& sleeper : sleepers_) {
    sleeper.wakeups.fetch_add(1);
    sleeper.wakeups.notify_one();
  }
  for (std::thread& worker : workers_) worker.join();
}

bool WorkerPool::HasTicketFor(int worker) const {
  if (worker >= used_) return false;
  for (const ChunkRange& range : ranges_) {
    if (!range.empty()) return true;
  }
  return false;
}

int WorkerPool::FirstTicket(int worker) const {
  return static_cast<int>(int64_t{tickets_} * worker / used_);
}

void WorkerPool::Run(int64_t chunks, Body body) {
  const int used = used_;
  if (chunks <= 1 || used == 1) {
    for (int64_t i = 0; i < chunks; ++i) body(i, 0);
    return;
  }
  body_ = &body;
  chunks_ = chunks;
  const int64_t most = int64_t{ChunkRange::kMaxCount} * used;
  chunks_per_ticket_ = (chunks + most - 1) / most;
  tickets_ = static_cast<int32_t>((chunks + chunks_per_ticket_ - 1) /
                                  chunks_per_ticket_);
  finished_.store(0, std::memory_order_relaxed);
  ++phase_;
  for (int w = 0; w < used; ++w) {
    ranges_[w].Set(phase_, FirstTicket(w + 1) - FirstTicket(w));
  }
  WakeSleepers();
  while (RunOneTicket(0)) {
  }
  WaitUntilFinished();
}

// A worker says that it sleeps before it looks at the ranges a last time, the
// caller stores the ranges before it looks for sleepers: one sees the other.
void WorkerPool::WakeSleepers() {
  for (int w = 1; w < used_; ++w) {
    if (!sleepers_[w].asleep) continue;
    sleepers_[w].wakeups.fetch_add(1);
    sleepers_[w].wakeups.notify_one();
  }
}

void WorkerPool::WaitUntilFinished() {
  const int32_t all = tickets_;
  if (SpinUntil([&] { return finished_.load() == all; })) return;
  for (int32_t seen = finished_.load(); seen != all; seen = finished_.load()) {
    finished_.wait(seen);
  }
}

bool WorkerPool::RunOneTicket(int worker) {
  if (const auto own = ranges_[worker].TakeFirst()) {
    RunTicket(FirstTicket(worker) + *own, worker);
    return true;
  }
  for (int i = 1; i < threads(); ++i) {
    const int other = (worker + i) % threads();
    if (const auto taken = ranges_[other].TakeLast()) {
      RunTicket(FirstTicket(other) + *taken, worker);
      return true;
    }
  }
  return false;
}

// Until this ticket is counted as finished, the phase cannot change.
void WorkerPool::RunTicket(int ticket, int worker) {
  const int32_t all = tickets_;
  const int64_t first = ticket * chunks_per_ticket_;
  const int64_t last = std::min(first + chunks_per_ticket_, chunks_);
  for (int64_t chunk = first; chunk < last; ++chunk) (*body_)(chunk, worker);
  if (finished_.fetch_add(1) + 1 == all) finished_.notify_one();
}

void WorkerPool::Work(int worker) {
  while (!stopping_) {
    while (HasTicketFor(worker) && RunOneTicket(worker)) {
    }
    const auto ready = [&] { return HasTicketFor(worker) || stopping_; };
    if (!SpinUntil(ready)) Sleep(worker);
  }
}

void WorkerPool::Sleep(int worker) {
  Sleeper& sleeper = sleepers_[worker];
  const uint32_t seen = sleeper.wakeups;
  sleeper.asleep = true;
  if (!HasTicketFor(worker) && !stopping_) sleeper.wakeups.wait(seen);
  sleeper.asleep = false;
}

}  // namespace mj
