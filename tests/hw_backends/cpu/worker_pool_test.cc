#include "hw_backends/cpu/worker_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace mj {
namespace {

TEST(WorkerPoolTest, RunsEveryChunkOnceInEveryPhase) {
  for (int threads : {1, 2, 3, 5}) {
    WorkerPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int phase = 0; phase < 500; ++phase) {
      const int chunks = phase * 7 % 41;
      std::vector<int> runs(chunks);  // plain ints: a race shows under tsan
      pool.Run(chunks, [&](int64_t chunk, int worker) {
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, threads);
        ++runs[chunk];
      });
      for (int count : runs) ASSERT_EQ(count, 1) << threads << " threads";
    }
  }
}

TEST(WorkerPoolTest, APhaseSeesWhatTheOneBeforeWrote) {
  WorkerPool pool(3);
  std::vector<int64_t> values(64);
  for (int phase = 0; phase < 300; ++phase) {
    pool.Run(64, [&](int64_t chunk, int) {
      values[chunk] = phase == 0 ? 1 : values[chunk] + 1;
    });
    const int64_t neighbour = values[(phase * 5) % 64];
    ASSERT_EQ(neighbour, phase + 1);
  }
}

TEST(WorkerPoolTest, UsesAsManyThreadsAsAsked) {
  WorkerPool pool(4);
  const std::thread::id caller = std::this_thread::get_id();
  for (int phase = 0; phase < 300; ++phase) {
    const int used = phase % 4 + 1;
    pool.Use(used);
    std::vector<int> runs(50);
    pool.Run(50, [&](int64_t chunk, int) {
      if (used == 1) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
      }
      ++runs[chunk];
    });
    for (int count : runs) ASSERT_EQ(count, 1) << used << " threads";
  }
}

// As if the system held a worker back in the middle of a chunk.
TEST(WorkerPoolTest, AHeldThreadDelaysNothingButItsOwnChunk) {
  WorkerPool pool(3);
  constexpr int kChunks = 60;
  for (int phase = 0; phase < 100; ++phase) {
    std::atomic<int> done{0};
    std::atomic<bool> held{false};
    pool.Run(kChunks, [&](int64_t, int worker) {
      if (worker == 1 && !held.exchange(true)) {
        while (done.load() < kChunks - 1) std::this_thread::yield();
      }
      ++done;
    });
    EXPECT_EQ(done.load(), kChunks);
  }
}

TEST(WorkerPoolTest, MoreChunksThanRangesHoldShareTickets) {
  WorkerPool pool(2);
  const int64_t most = 2 * int64_t{ChunkRange::kMaxCount};
  for (int64_t chunks : {most, most + 1, 3 * most + 5}) {
    std::vector<char> runs(chunks);
    pool.Run(chunks, [&](int64_t chunk, int) { ++runs[chunk]; });
    EXPECT_EQ(std::count(runs.begin(), runs.end(), 1), chunks);
  }
}

TEST(ChunkRangeTest, FrontAndBackMeet) {
  ChunkRange range;
  EXPECT_TRUE(range.empty());
  range.Set(1, 3);
  EXPECT_EQ(range.TakeFirst(), 0);
  EXPECT_EQ(range.TakeLast(), 2);
  EXPECT_FALSE(range.empty());
  EXPECT_EQ(range.TakeLast(), 1);
  EXPECT_EQ(range.TakeFirst(), std::nullopt);
  EXPECT_EQ(range.TakeLast(), std::nullopt);
  EXPECT_TRUE(range.empty());
}

TEST(WorkerPoolTest, OneChunkRunsOnTheCaller) {
  WorkerPool pool(4);
  const std::thread::id caller = std::this_thread::get_id();
  pool.Run(1, [&](int64_t, int worker) {
    EXPECT_EQ(worker, 0);
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
}

}  // namespace
}  // namespace mj
