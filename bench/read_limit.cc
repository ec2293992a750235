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

constexpr double kStreamingSeconds = 0.4;
constexpr double kCachedSeconds = 0.03;
constexpr int kLeastPairs = 5;

double RateOf(const ReadLimit& limit, int64_t bytes, WorkerPool& pool) {
  int64_t read = 0;
  const double seconds =
      BestSeconds([&] { read = limit.Read(pool, 0, bytes); }, kCachedSeconds);
  return static_cast<double>(read) / seconds;
}

// The fastest piece of one pass over all that there is.
double FastestPiece(int64_t bytes, const ReadLimit& limit, WorkerPool& pool) {
  const int64_t piece = std::min(bytes, ReadLimit::kBytes) / 64 * 64;
  double fastest = 0;
  for (int64_t at = 0; at + piece <= ReadLimit::kBytes; at += piece) {
    const Stopwatch watch;
    const auto read = static_cast<double>(limit.Read(pool, at, piece));
    fastest = std::max(fastest, read / watch.Seconds());
  }
  return fastest;
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

int64_t ReadLimit::Read(WorkerPool& pool, int64_t first, int64_t bytes) const {
  const int64_t wanted =
      std::clamp(bytes, kReadStep, kBytes - first) / kReadStep * kReadStep;
  const int64_t share = wanted / (4 * pool.threads()) / kReadStep * kReadStep;
  const int64_t chunk =
      std::min(wanted, std::clamp(share, kLeastChunk, kMostChunk));
  pool.Run((wanted + chunk - 1) / chunk, [&](int64_t i, int) {
    const int64_t at = i * chunk;
    // The result is of no use; that the call is not left out is ReadFn's part.
    read_(memory_.data() + first + at, std::min(chunk, wanted - at));
  });
  return wanted;
}

TimedCall TimeStreaming(absl::FunctionRef<void()> call, int64_t bytes,
                        const ReadLimit& limit, WorkerPool& pool) {
  TimedCall best{.seconds = std::numeric_limits<double>::infinity()};
  call();  // makes buffers
  const Stopwatch all;
  for (int i = 0; i < kLeastPairs || all.Seconds() < kStreamingSeconds; ++i) {
    best.read_bytes_per_second =
        std::max(best.read_bytes_per_second, FastestPiece(bytes, limit, pool));
    const Stopwatch watch;
    call();
    best.seconds = std::min(best.seconds, watch.Seconds());
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
