#include "hw_backends/cpu/activations.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace mj {
namespace {

constexpr int kRows = 4, kCols = 5;

// Row r holds 5r, 5r + 1, ...
BufferId AddNumbered(Activations& activations) {
  std::vector<float> values(kRows * kCols);
  std::iota(values.begin(), values.end(), 0);
  const BufferId id = activations.Add(kCols);
  activations.Write(id, 0, values);
  return id;
}

std::vector<LogitsRow> RowsAt(const std::vector<int>& rows) {
  std::vector<LogitsRow> wanted;
  for (int row : rows) {
    wanted.emplace_back();
    wanted.back().row = row;
  }
  return wanted;
}

TEST(ActivationsTest, RowsStartAsZerosAndStartOnLinesOfTheCache) {
  Activations activations(kRows);
  const BufferId id = activations.Add(kCols);
  ASSERT_TRUE(activations.status().ok()) << activations.status();
  const MatrixRef rows = activations.rows(id);
  for (int64_t r = 0; r < kRows; ++r) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(rows.row(r)) % 64, 0u);
    for (int64_t c = 0; c < rows.stride; ++c) EXPECT_EQ(rows.row(r)[c], 0);
  }
}

TEST(ActivationsTest, NoStrideIsAMultipleOfAKilobyte) {
  Activations activations(kRows);
  for (int64_t cols : {1, 256, 576, 1024, 1536, 4096}) {
    const int64_t stride = activations.rows(activations.Add(cols)).stride;
    EXPECT_GE(stride, cols);
    EXPECT_NE(stride * sizeof(float) % 1024, 0u) << cols;
  }
}

TEST(ActivationsTest, WhatWasWrittenIsRead) {
  Activations activations(kRows);
  const BufferId id = AddNumbered(activations);
  std::vector<float> read(2 * kCols);
  activations.Read(id, 1, read);
  for (int i = 0; i < 2 * kCols; ++i) EXPECT_EQ(read[i], kCols + i);
}

TEST(ActivationsTest, ConsecutiveRowsAreGatheredWhereTheyLie) {
  Activations activations(kRows);
  const BufferId id = AddNumbered(activations);
  EXPECT_EQ(activations.Gather(id, RowsAt({1, 2, 3})).data,
            activations.rows(id).row(1));
}

TEST(ActivationsTest, ScatteredRowsAreCopiedSideBySide) {
  Activations activations(kRows);
  const BufferId id = AddNumbered(activations);
  const MatrixRef gathered = activations.Gather(id, RowsAt({3, 0, 3}));
  for (int c = 0; c < kCols; ++c) {
    EXPECT_EQ(gathered.row(0)[c], 3 * kCols + c);
    EXPECT_EQ(gathered.row(1)[c], c);
    EXPECT_EQ(gathered.row(2)[c], 3 * kCols + c);
  }
}

TEST(ActivationsTest, MemoryThatIsNotToBeHadIsNamed) {
  Activations activations(int64_t{1} << 44);
  activations.Add(1 << 10);
  EXPECT_EQ(activations.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(activations.status().message().find("activations of"),
            std::string::npos);
}

}  // namespace
}  // namespace mj
