#include "bench/roofline.h"

#include "bench/best_seconds.h"

namespace mj {
namespace {

double ReadBandwidth(const ReadLimit& limit, WorkerPool& pool, int threads) {
  pool.Use(threads);
  int64_t read = 0;
  const double seconds =
      BestSeconds([&] { read = limit.Read(pool, 0, ReadLimit::kBytes); });
  pool.Use(pool.threads());
  return static_cast<double>(read) / seconds;
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

MachineLimits MeasureLimits(const KernelTable& kernels, const ReadLimit& limit,
                            WorkerPool& pool) {
  return {ReadBandwidth(limit, pool, pool.threads()),
          ReadBandwidth(limit, pool, 1),
          Peak(kernels.peak_f32, pool),
          Peak(kernels.peak_int8, pool),
          Peak(kernels.peak_int16, pool),
          Peak(kernels.peak_bf16, pool)};
}

}  // namespace mj
