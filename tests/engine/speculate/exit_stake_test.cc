#include "engine/speculate/exit_stake.h"

#include <gtest/gtest.h>

#include <vector>

namespace mj {
namespace {

// The head costs 1 and 0.1 a row, skipped layers 2 and 0.1, the upper part 10
// and 0.6.
ExitStake MakeStake(bool others) {
  return {Joules(1), Joules(0.1), Joules(2),   Joules(0.1),
          Joules(10), Joules(0.6), others};
}

struct LeavingCase {
  const char* name;
  bool others;
  int leaving, asked;
  bool want;
};

TEST(LeavingPaysTest, WhereItSavesMoreThanTheSkippedLayersCost) {
  constexpr LeavingCase kCases[] = {
      {"nobody", false, 0, 1, false},
      {"the only one", false, 1, 1, true},
      {"all of them", false, 3, 3, true},
      {"the pass is run for another", false, 1, 2, false},
      {"the pass is run for somebody who cannot leave", true, 1, 1, false},
      {"just too few of many", false, 4, 9, false},
      {"enough of many", false, 5, 9, true},
  };
  for (const LeavingCase& c : kCases) {
    EXPECT_EQ(LeavingPays(MakeStake(c.others), c.leaving, c.asked), c.want)
        << c.name;
  }
}

struct AskingCase {
  const char* name;
  bool others;
  std::vector<double> odds;
  bool want;
};

TEST(AskingPaysTest, WhereMoreMayBeSavedThanTheHeadCosts) {
  // Alone: 8.5 saved against 1.1.
  const AskingCase kCases[] = {
      {"sure", false, {1}, true},
      {"just often enough", false, {0.14}, true},
      {"just too seldom", false, {0.12}, false},
      {"never", false, {0}, false},
      {"the pass is run anyway", true, {1}, false},
      {"two, of whom one never is", false, {1, 0}, false},
      {"many, most of whom are", true, std::vector<double>(32, 0.9), true},
  };
  for (const AskingCase& c : kCases) {
    EXPECT_EQ(AskingPays(MakeStake(c.others), c.odds), c.want) << c.name;
  }
}

TEST(ExitOddsTest, AFewAnswersCorrectTheFirstGuess) {
  ExitOdds odds;
  EXPECT_GT(odds.sure(), 0.8);
  for (int i = 0; i < 4; ++i) odds.Observe(false);
  EXPECT_LT(odds.sure(), 0.35);
}

TEST(ExitOddsTest, FollowTheAnswersAndGrowStaleWithoutAny) {
  ExitOdds odds;
  for (int i = 0; i < 100; ++i) odds.Observe(true);
  EXPECT_GT(odds.sure(), 0.99);
  for (int i = 0; i < 100; ++i) odds.Observe(i % 4 == 0);
  EXPECT_NEAR(odds.sure(), 0.25, 0.1);
  for (int i = 0; i < ExitOdds::kMostUnasked; ++i) {
    EXPECT_FALSE(odds.is_stale());
    odds.NoteUnasked();
  }
  EXPECT_TRUE(odds.is_stale());
  odds.Observe(false);
  EXPECT_FALSE(odds.is_stale());
}

}  // namespace
}  // namespace mj
