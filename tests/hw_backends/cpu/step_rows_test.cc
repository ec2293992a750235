#include "hw_backends/cpu/step_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace mj {
namespace {

using ::testing::ElementsAre;

// Three rows across the first block's end, and one far into another sequence.
const int32_t kFirst[] = {7, 2}, kSecond[] = {3, 9, 4};
const int32_t kTokens[] = {10, 11, 12, 20};
const StepSequence kSequences[] = {{0, 3, kBlockSize - 2, kFirst},
                                   {3, 1, 2 * kBlockSize, kSecond}};
const StepView kStep{kTokens, kSequences};

std::vector<int32_t> Blocks(const StepRows& rows) {
  std::vector<int32_t> blocks;
  for (const RowPlace& place : rows.places()) blocks.push_back(place.block);
  return blocks;
}

std::vector<size_t> Owners(const StepRows& rows) {
  std::vector<size_t> owners;
  for (int64_t r = 0; r < rows.size(); ++r) owners.push_back(rows.owner(r));
  return owners;
}

TEST(StepRowsTest, RowsLieInTheBlocksOfTheirPositions) {
  StepRows rows;
  rows.Begin(kStep);
  EXPECT_TRUE(rows.all());
  EXPECT_THAT(rows.positions(), ElementsAre(kBlockSize - 2, kBlockSize - 1,
                                            kBlockSize, 2 * kBlockSize));
  EXPECT_THAT(Blocks(rows), ElementsAre(7, 7, 2, 4));
  EXPECT_THAT(Owners(rows), ElementsAre(0, 0, 0, 1));
}

TEST(StepRowsTest, RowsThatAreKeptStayWhatTheyWere) {
  StepRows rows;
  rows.Begin(kStep);
  rows.Keep(std::vector<int>{1, 2, 3});
  EXPECT_FALSE(rows.all());
  rows.Keep(std::vector<int>{1, 2});
  EXPECT_THAT(rows.positions(), ElementsAre(kBlockSize, 2 * kBlockSize));
  EXPECT_THAT(Blocks(rows), ElementsAre(2, 4));
  EXPECT_THAT(Owners(rows), ElementsAre(0, 1));
  ASSERT_EQ(rows.sequences().size(), 2u);
  EXPECT_EQ(rows.sequences()[1].first_row, 1);
  EXPECT_EQ(rows.sequences()[1].start_position, 2 * kBlockSize);
}

TEST(StepRowsTest, TheNextStepHasAllItsRows) {
  StepRows rows;
  rows.Begin(kStep);
  rows.Keep({});
  EXPECT_EQ(rows.size(), 0);
  rows.Begin(kStep);
  EXPECT_TRUE(rows.all());
  EXPECT_EQ(rows.sequences().data(), kSequences);
}

}  // namespace
}  // namespace mj
