#include "bench/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "hw_backends/cpu/mapped_memory.h"

namespace mj {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double ReadBandwidth(WorkerPool& pool) {
  constexpr int64_t kBytes = int64_t{256} << 20;  // beyond any cache
  constexpr int64_t kChunk = int64_t{1} << 20;
  const absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(kBytes, /*huge_pages=*/true);
  if (!memory.ok()) return 0;
  auto* words = reinterpret_cast<uint64_t*>(memory->data());
  constexpr int64_t kWords = kChunk / sizeof(uint64_t);
  std::fill_n(words, kBytes / sizeof(uint64_t), 1);  // pages of its own
  std::vector<uint64_t> sums(kBytes / kChunk);
  const double seconds = BestSeconds([&] {
    pool.Run(kBytes / kChunk, [&](int64_t chunk, int) {
      const uint64_t* from = words + chunk * kWords;
      sums[chunk] = std::accumulate(from, from + kWords, uint64_t{0});
    });
  });
  const bool whole = std::all_of(sums.begin(), sums.end(),
                                 [](uint64_t s) { return s == kWords; });
  return whole ? kBytes / seconds : 0;
}

std::optional<double> Peak(PeakFn* peak, WorkerPool& pool) {
  if (peak == nullptr) return std::nullopt;
  constexpr int64_t kRounds = 200'000;
  int64_t operations = 0;
  const double seconds = BestSeconds([&] {
    pool.Run(pool.threads(), [&](int64_t chunk, int) {
      const int64_t done = peak(kRounds);
      if (chunk == 0) operations = done;
    });
  });
  return static_cast<double>(operations) * pool.threads() / seconds;
}

}  // namespace

double BestSeconds(absl::FunctionRef<void()> call) {
  constexpr double kLong = 0.15;
  constexpr int kLeast = 3;
  call();  // warms caches
  double best = std::numeric_limits<double>::infinity();
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kLeast || SecondsSince(start) < kLong; ++i) {
    const Clock::time_point before = Clock::now();
    call();
    best = std::min(best, SecondsSince(before));
  }
  return best;
}

MachineLimits MeasureLimits(const KernelTable& kernels, WorkerPool& pool) {
  return {ReadBandwidth(pool), Peak(kernels.peak_f32, pool),
          Peak(kernels.peak_int8, pool), Peak(kernels.peak_bf16, pool)};
}

}  // namespace mj
