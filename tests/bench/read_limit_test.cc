#include "bench/read_limit.h"

#include <gtest/gtest.h>

#include <atomic>

#include "bench/roofline.h"

namespace mj {
namespace {

std::atomic<int64_t> read_bytes{0};

uint64_t CountBytes(const void*, int64_t bytes) {
  EXPECT_EQ(bytes % kReadStep, 0);
  read_bytes += bytes;
  return 0;
}

struct SizeCase {
  const char* name;
  int64_t first, asked, want;
};

TEST(ReadLimitTest, ReadsWhatIsAskedForOnce) {
  const KernelTable kernels{.read = CountBytes};
  const absl::StatusOr<ReadLimit> limit = ReadLimit::Create(kernels);
  ASSERT_TRUE(limit.ok()) << limit.status();
  const SizeCase cases[] = {
      {"least", 0, 1, kReadStep},
      {"a cache's", 0, 100'000, 100'000 / kReadStep * kReadStep},
      {"many chunks", 4096, (5 << 20) + 4096, (5 << 20) + 4096},
      {"all", 0, int64_t{1} << 40, ReadLimit::kBytes},
      {"the rest", 1 << 20, int64_t{1} << 40, ReadLimit::kBytes - (1 << 20)},
  };
  for (int threads : {1, 3}) {
    WorkerPool pool(threads);
    for (const SizeCase& c : cases) {
      read_bytes = 0;
      EXPECT_EQ(limit->Read(pool, c.first, c.asked), c.want) << c.name;
      EXPECT_EQ(read_bytes, c.want) << c.name;
    }
  }
}

TEST(ReadLimitTest, TimesCallsBesideReads) {
  const KernelTable kernels{.read = CountBytes};
  const absl::StatusOr<ReadLimit> limit = ReadLimit::Create(kernels);
  ASSERT_TRUE(limit.ok()) << limit.status();
  WorkerPool pool(1);
  int calls = 0;
  const auto call = [&] { ++calls; };
  for (const auto& time : {TimeStreaming, TimeCached}) {
    calls = 0;
    read_bytes = 0;
    const TimedCall timed = time(call, 1 << 20, *limit, pool);
    EXPECT_GT(calls, 3);
    EXPECT_GT(read_bytes, 1 << 20);
    EXPECT_GT(timed.seconds, 0);
    EXPECT_GT(timed.read_bytes_per_second, 0);
  }
}

TEST(RooflineTest, WhatNoKernelMeasuresIsAbsent) {
  const KernelTable kernels{.read = CountBytes,
                            .peak_f32 = [](int64_t rounds) { return rounds; }};
  const absl::StatusOr<ReadLimit> limit = ReadLimit::Create(kernels);
  ASSERT_TRUE(limit.ok()) << limit.status();
  WorkerPool pool(2);
  const MachineLimits limits = MeasureLimits(kernels, *limit, pool);
  EXPECT_GT(limits.read_bytes_per_second, 0);
  EXPECT_GT(limits.read_bytes_per_second_one_thread, 0);
  EXPECT_GT(limits.f32.value_or(0), 0);
  EXPECT_FALSE(limits.int8.has_value());
  EXPECT_FALSE(limits.bf16.has_value());
}

}  // namespace
}  // namespace mj
