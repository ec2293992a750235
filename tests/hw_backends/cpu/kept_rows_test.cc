#include "hw_backends/cpu/kept_rows.h"

#include <gtest/gtest.h>

#include <random>

namespace mj {
namespace {

const int32_t kFirst[] = {7}, kSecond[] = {3, 4};
// Rows 0..4 at positions 0..4, row 5 at 40, rows 6..9 at 30..33.
const StepSequence kSequences[] = {
    {0, 5, 0, kFirst}, {5, 1, 40, kSecond}, {6, 4, 30, kFirst}};

struct Case {
  const char* name;
  std::vector<int> rows;
  std::vector<StepSequence> want;
};

const Case kCases[] = {
    {"none", {}, {}},
    {"all",
     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
     {{0, 5, 0, kFirst}, {5, 1, 40, kSecond}, {6, 4, 30, kFirst}}},
    {"the last of each",
     {4, 5, 9},
     {{0, 1, 4, kFirst}, {1, 1, 40, kSecond}, {2, 1, 33, kFirst}}},
    {"of the last alone", {7, 8}, {{0, 2, 31, kFirst}}},
    {"with a gap", {0, 1, 3, 4}, {{0, 2, 0, kFirst}, {2, 2, 3, kFirst}}},
    {"neighbours of two sequences",
     {4, 6, 7, 9},
     {{0, 1, 4, kFirst}, {1, 2, 30, kFirst}, {3, 1, 33, kFirst}}},
};

TEST(KeptRowsTest, SequencesKeepTheirPositionsAndBlocks) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::vector<StepSequence> got = SequencesOfRows(c.rows, kSequences);
    ASSERT_EQ(got.size(), c.want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].first_row, c.want[i].first_row);
      EXPECT_EQ(got[i].num_rows, c.want[i].num_rows);
      EXPECT_EQ(got[i].start_position, c.want[i].start_position);
      EXPECT_EQ(got[i].block_table.data(), c.want[i].block_table.data());
    }
  }
}

TEST(KeptRowsTest, ASequenceWithoutRowsIsPassedOver) {
  const StepSequence sequences[] = {
      {0, 0, 5, kFirst}, {0, 2, 0, kSecond}, {2, 0, 9, kFirst}};
  const int rows[] = {1};
  const std::vector<StepSequence> got = SequencesOfRows(rows, sequences);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].start_position, 1);
  EXPECT_EQ(got[0].block_table.data(), kSecond);
}

// Whatever is kept, twice in a row: as if chosen at once.
TEST(KeptRowsTest, NarrowingTwiceIsNarrowingOnce) {
  std::mt19937 random(3);
  const auto some = [&](size_t of) {
    std::vector<int> rows;
    for (size_t r = 0; r < of; ++r) {
      if (random() % 3 != 0) rows.push_back(static_cast<int>(r));
    }
    return rows;
  };
  for (int i = 0; i < 100; ++i) {
    const std::vector<int> once = some(10), again = some(once.size());
    std::vector<int> both;
    for (int r : again) both.push_back(once[r]);
    const auto want = SequencesOfRows(both, kSequences);
    const auto first = SequencesOfRows(once, kSequences);
    size_t rows = 0;
    std::vector<int> positions, wanted;
    for (const StepSequence& s : SequencesOfRows(again, first)) {
      EXPECT_EQ(s.first_row, static_cast<int>(rows));
      rows += s.num_rows;
      for (int r = 0; r < s.num_rows; ++r) {
        positions.push_back(s.start_position + r);
      }
    }
    for (const StepSequence& s : want) {
      for (int r = 0; r < s.num_rows; ++r) {
        wanted.push_back(s.start_position + r);
      }
    }
    EXPECT_EQ(rows, both.size());
    EXPECT_EQ(positions, wanted);
  }
}

TEST(KeptRowsTest, RowsMoveUpAndPaddingStays) {
  constexpr int kRows = 10, kCols = 3, kStride = 5;
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    std::vector<float> data(kRows * kStride, 0);
    for (int r = 0; r < kRows; ++r) {
      for (int col = 0; col < kCols; ++col) data[r * kStride + col] = r + 1;
    }
    MoveRowsUp(c.rows, kCols, {data.data(), kStride});
    for (size_t i = 0; i < c.rows.size(); ++i) {
      for (int col = 0; col < kStride; ++col) {
        EXPECT_EQ(data[i * kStride + col], col < kCols ? c.rows[i] + 1 : 0);
      }
    }
  }
}

}  // namespace
}  // namespace mj
