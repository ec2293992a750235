#include "bench/read_limit.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "bench/best_seconds.h"

namespace mj {
namespace {

// Enough that a chunk's start costs nothing, little enough that the last one
// delays little.
constexpr int64_t kMostChunk = int64_t{1} << 20;
constexpr int64_t kLeastChunk = int64_t{32} << 10;

constexpr double kStreamingSeconds = 0.3;
constexpr double kCachedSeconds = 0.03;
constexpr int kLeastPairs = 3;

double RateOf(const ReadLimit& limit, int64_t bytes, WorkerPool& pool) {
  int64_t read = 0;
  const double seconds =
      BestSeconds([&] { read = limit.Read(pool, bytes); }, kCachedSeconds);
  return static_cast<double>(read) / seconds;
}

}  // namespace

absl::StatusOr<ReadLimit> ReadLimit::Create(const KernelTable& kernels) {
  absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(kBytes, /*huge_pages=*/true);
  if (!memory.ok()) return memory.status();
  std::memset(memory->data(), 1, kBytes);  // pages of its own
  ReadLimit limit;
  limit.read_ = kernels.read;
  limit.memory_ = *std::move(memory);
  return limit;
}

int64_t ReadLimit::Read(WorkerPool& pool, int64_t bytes) const {
  const int64_t wanted =
      std::clamp(bytes, kReadStep, kBytes) / kReadStep * kReadStep;
  const int64_t share = wanted / (4 * pool.threads()) / kReadStep * kReadStep;
  const int64_t chunk =
      std::min(wanted, std::clamp(share, kLeastChunk, kMostChunk));
  pool.Run((wanted + chunk - 1) / chunk, [&](int64_t i, int) {
    const int64_t first = i * chunk;
    // The result is of no use; that the call is not left out is ReadFn's part.
    read_(memory_.data() + first, std::min(chunk, wanted - first));
  });
  return wanted;
}

TimedCall TimeStreaming(absl::FunctionRef<void()> call, int64_t bytes,
                        const ReadLimit& limit, WorkerPool& pool) {
  TimedCall best{.seconds = std::numeric_limits<double>::infinity()};
  call();  // makes buffers
  const Stopwatch all;
  for (int i = 0; i < kLeastPairs || all.Seconds() < kStreamingSeconds; ++i) {
    const Stopwatch reading;
    const auto read = static_cast<double>(limit.Read(pool, bytes));
    best.read_bytes_per_second =
        std::max(best.read_bytes_per_second, read / reading.Seconds());
    const Stopwatch calling;
    call();
    best.seconds = std::min(best.seconds, calling.Seconds());
  }
  return best;
}

TimedCall TimeCached(absl::FunctionRef<void()> call, int64_t bytes,
                     const ReadLimit& limit, WorkerPool& pool) {
  TimedCall timed;
  const double before = RateOf(limit, bytes, pool);
  timed.seconds = BestSeconds(call);
  timed.read_bytes_per_second = std::max(before, RateOf(limit, bytes, pool));
  return timed;
}

}  // namespace mj
