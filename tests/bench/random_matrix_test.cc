#include "bench/random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/latest_matrix.h"

namespace mj {
namespace {

constexpr TensorType kTypes[] = {
    TensorType::kF32,  TensorType::kF16,  TensorType::kBF16, TensorType::kQ4_0,
    TensorType::kQ4_1, TensorType::kQ5_0, TensorType::kQ5_1, TensorType::kQ8_0,
    TensorType::kQ4_K, TensorType::kQ5_K, TensorType::kQ6_K};

TEST(RandomMatrixTest, RowsOfEveryTypeAreFiniteAndRepeat) {
  const KernelTable kernels = *ChooseKernels(ReadCpuFeatures(), std::nullopt);
  WorkerPool pool(1);
  LatestMatrix latest;
  constexpr int64_t kRows = 70, kCols = 256;
  for (TensorType type : kTypes) {
    const auto matrix =
        latest.Get({type, Numerics::kF32, kRows, kCols}, kernels, pool);
    ASSERT_TRUE(matrix.ok()) << InfoOf(type).name << ": " << matrix.status();
    std::vector<float> first(kCols), second(kCols), again(kCols);
    (*matrix)->ReadRow(0, 0, first.data());
    (*matrix)->ReadRow(0, 1, second.data());
    (*matrix)->ReadRow(0, 64, again.data());
    for (float value : first) ASSERT_TRUE(std::isfinite(value));
    EXPECT_NE(first, second) << InfoOf(type).name;
    EXPECT_EQ(first, again) << InfoOf(type).name;
  }
}

TEST(LatestMatrixTest, IsMadeOnceForTheSameKey) {
  const KernelTable kernels = *ChooseKernels(ReadCpuFeatures(), std::nullopt);
  WorkerPool pool(1);
  LatestMatrix latest;
  const LatestMatrix::Key key{TensorType::kQ4_0, Numerics::kF32, 16, 32};
  const auto first = *latest.Get(key, kernels, pool);
  EXPECT_EQ(*latest.Get(key, kernels, pool), first);
  LatestMatrix::Key other = key;
  other.rows = 48;
  const auto second = *latest.Get(other, kernels, pool);
  EXPECT_EQ(first->rows(0), 16);  // who holds it keeps it
  EXPECT_EQ(second->rows(0), 48);
}

}  // namespace
}  // namespace mj
