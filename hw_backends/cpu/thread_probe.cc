#include "hw_backends/cpu/thread_probe.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace mj {
namespace {

constexpr int kPasses = 3;
// More than any cache holds, and read within some 10 ms.
constexpr int64_t kMostElements = int64_t{1} << 26;
constexpr double kCloseEnough = 1.05;

// The first matrices whose elements are at most kMostElements, at least one.
int NumProbed(const MatrixStore& matrices, int num_matrices) {
  int64_t elements = 0;
  int count = 0;
  while (count < num_matrices) {
    elements += matrices.rows(count) * matrices.cols(count);
    if (count > 0 && elements > kMostElements) break;
    ++count;
  }
  return count;
}

class Probe {
 public:
  Probe(MatrixStore& matrices, int num_matrices, WorkerPool& pool)
      : matrices_(matrices),
        count_(NumProbed(matrices, num_matrices)),
        pool_(pool) {
    int64_t rows = 0, cols = 0;
    for (int id = 0; id < count_; ++id) {
      rows = std::max(rows, matrices.rows(id));
      cols = std::max(cols, matrices.cols(id));
    }
    x_stride_ = (cols + 31) / 32 * 32;
    x_.resize(kMostProbedRows * x_stride_);
    y_stride_ = rows;
    y_.resize(kMostProbedRows * y_stride_);
  }

  double SecondsOf(int rows, int threads) {
    pool_.Use(threads);
    const auto start = std::chrono::steady_clock::now();
    for (int id = 0; id < count_; ++id) {
      matrices_.Multiply(id,
                         {.x = {x_.data(), x_stride_},
                          .rows = rows,
                          .y = {y_.data(), y_stride_}},
                         pool_);
    }
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    pool_.Use(pool_.threads());
    return taken.count();
  }

 private:
  MatrixStore& matrices_;
  const int count_;
  WorkerPool& pool_;
  int64_t x_stride_ = 0, y_stride_ = 0;
  std::vector<float> x_, y_;
};

}  // namespace

std::vector<ThreadTiming> TimeThreads(MatrixStore& matrices, int num_matrices,
                                      WorkerPool& pool) {
  std::vector<ThreadTiming> timings;
  if (num_matrices == 0 || pool.threads() == 1) return timings;
  for (int rows : {1, kMostProbedRows}) {
    for (int threads = 1; threads < pool.threads(); threads *= 2) {
      timings.push_back({rows, threads, Seconds(0)});
    }
    timings.push_back({rows, pool.threads(), Seconds(0)});
  }
  Probe probe(matrices, num_matrices, pool);
  for (int pass = 0; pass < kPasses; ++pass) {
    for (ThreadTiming& timing : timings) {
      const Seconds taken(probe.SecondsOf(timing.rows, timing.threads));
      timing.taken = pass == 0 ? taken : std::min(timing.taken, taken);
    }
  }
  return timings;
}

int ThreadsFor(int rows, std::span<const ThreadTiming> timings, int all) {
  int probed = std::numeric_limits<int>::max();
  for (const ThreadTiming& timing : timings) {
    if (timing.rows >= rows) probed = std::min(probed, timing.rows);
  }
  Seconds fastest(std::numeric_limits<double>::infinity());
  for (const ThreadTiming& timing : timings) {
    if (timing.rows == probed) fastest = std::min(fastest, timing.taken);
  }
  int fewest = all;
  for (const ThreadTiming& timing : timings) {
    if (timing.rows != probed || timing.taken > kCloseEnough * fastest)
      continue;
    fewest = std::min(fewest, timing.threads);
  }
  return fewest;
}

}  // namespace mj
