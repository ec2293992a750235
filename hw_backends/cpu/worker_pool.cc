#include "hw_backends/cpu/worker_pool.h"

#include <emmintrin.h>

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

WorkerPool::WorkerPool(int threads) {
  assert(threads >= 1);
  for (int i = 1; i < threads; ++i) {
    workers_.emplace_back([this, i] { Work(i); });
  }
}

WorkerPool::~WorkerPool() {
  stopping_ = true;
  wakeups_.fetch_add(1);
  wakeups_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

bool WorkerPool::HasFreeChunk() const {
  return static_cast<uint32_t>(ticket_.load()) != 0;
}

void WorkerPool::Run(int64_t chunks, Body body) {
  assert(chunks < INT32_MAX);
  if (chunks <= 1 || workers_.empty()) {
    for (int64_t i = 0; i < chunks; ++i) body(i, 0);
    return;
  }
  body_ = &body;
  chunks_ = chunks;
  finished_.store(0, std::memory_order_relaxed);
  const uint64_t phase = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  ticket_.store(phase << 32 | static_cast<uint64_t>(chunks));
  WakeSleepers();
  while (RunOneChunk(0)) {
  }
  WaitUntilFinished(chunks);
}

// A worker counts itself before it looks at the ticket a last time, the caller
// stores the ticket before it looks at the count: one of them sees the other.
void WorkerPool::WakeSleepers() {
  if (sleepers_.load() == 0) return;
  wakeups_.fetch_add(1);
  wakeups_.notify_all();
}

void WorkerPool::WaitUntilFinished(int64_t chunks) {
  const auto all = static_cast<int32_t>(chunks);
  if (SpinUntil([&] { return finished_.load() == all; })) return;
  for (int32_t seen = finished_.load(); seen != all; seen = finished_.load()) {
    finished_.wait(seen);
  }
}

bool WorkerPool::RunOneChunk(int worker) {
  uint64_t ticket = ticket_.load();
  do {
    if (static_cast<uint32_t>(ticket) == 0) return false;
  } while (!ticket_.compare_exchange_weak(ticket, ticket - 1));
  // Until this chunk is counted as finished, the phase cannot change.
  const int64_t chunks = chunks_;
  (*body_)(chunks - static_cast<uint32_t>(ticket), worker);
  if (finished_.fetch_add(1) + 1 == chunks) finished_.notify_one();
  return true;
}

void WorkerPool::Work(int worker) {
  while (!stopping_) {
    while (RunOneChunk(worker)) {
    }
    if (SpinUntil([&] { return HasFreeChunk() || stopping_; })) continue;
    const uint32_t seen = wakeups_.load();
    sleepers_.fetch_add(1);
    if (!HasFreeChunk() && !stopping_) wakeups_.wait(seen);
    sleepers_.fetch_sub(1);
  }
}

}  // namespace mj
