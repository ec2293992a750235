#include "hw_backends/cpu/thread_probe.h"

#include <gtest/gtest.h>

#include "hw_backends/cpu/panel_matrices.h"
#include "kernels/cpu_features.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

TEST(ThreadsForTest, TheFewestThatAreNearlyTheFastest) {
  const ThreadTiming timings[] = {
      {1, 1, Seconds(0.0104)}, {1, 2, Seconds(0.0100)}, {1, 3, Seconds(0.011)},
      {4, 1, Seconds(0.030)},  {4, 2, Seconds(0.020)},  {4, 3, Seconds(0.0195)},
  };
  EXPECT_EQ(ThreadsFor(1, timings, 3), 1);
  EXPECT_EQ(ThreadsFor(2, timings, 3), 2);
  EXPECT_EQ(ThreadsFor(4, timings, 3), 2);
  EXPECT_EQ(ThreadsFor(5, timings, 3), 3);
  EXPECT_EQ(ThreadsFor(1, {}, 3), 3);
}

TEST(TimeThreadsTest, TimesEveryCount) {
  const KernelTable kernels = *ChooseKernels(ReadCpuFeatures(), std::nullopt);
  PanelMatrices matrices(kernels, Numerics::kInt8);
  WorkerPool pool(3);
  const RandomMatrix weights = MakeRandomMatrix(TensorType::kQ4_1, 70, 96, 1);
  const TensorView view = weights.view();
  ASSERT_TRUE(matrices.Load({&view, 1}, {}, pool).ok());
  const std::vector<ThreadTiming> timings = TimeThreads(matrices, 1, pool);
  ASSERT_EQ(timings.size(), 6);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(timings[i].rows, i < 3 ? 1 : kMostProbedRows);
    EXPECT_EQ(timings[i].threads, i % 3 + 1);
    EXPECT_GT(timings[i].taken, Seconds(0));
  }
  WorkerPool alone(1);
  EXPECT_TRUE(TimeThreads(matrices, 1, alone).empty());
}

}  // namespace
}  // namespace mj
