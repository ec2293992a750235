#include "engine/speculate/acceptance.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

constexpr DraftClass kShortMatch{Drafter::kNgram, 0, 3};
constexpr DraftClass kLongMatch{Drafter::kNgram, 0, 30};

double Expected(DraftOdds odds, int length) {
  double sum = 0;
  for (int i = 0; i < length; ++i) {
    sum += odds.next();
    odds.Take();
  }
  return sum;
}

void Repeat(AcceptanceTable& table, DraftOutcome draft, int times,
            SequenceAcceptance& sequence, int64_t step = 0) {
  for (int i = 0; i < times; ++i) table.Observe(draft, step, sequence);
}

TEST(AcceptanceTest, DrafterNames) {
  EXPECT_EQ(DrafterName(Drafter::kNone), "none");
  EXPECT_EQ(DrafterName(Drafter::kExitHead), "exit-head");
}

TEST(AcceptanceTest, LongMatchesAreExpectedToHoldMoreOften) {
  const AcceptanceTable table;
  EXPECT_LT(table.Odds(kShortMatch, {}, 0).next(), 0.3);
  EXPECT_GT(table.Odds(kLongMatch, {}, 0).next(), 0.5);
}

TEST(AcceptanceTest, ChancesMultiply) {
  AcceptanceTable table;
  SequenceAcceptance sequence;
  // Of each four drafts one fails at once, three hold.
  for (int i = 0; i < 200; ++i) {
    Repeat(table, {kLongMatch, 4, i % 4 == 0 ? 0 : 4}, 1, sequence);
  }
  DraftOdds odds = table.Odds(kLongMatch, {}, 0);
  EXPECT_NEAR(odds.next(), 0.75, 0.03);
  odds.Take();
  EXPECT_NEAR(odds.next(), 0.75, 0.06);  // the second holds if the first does
  EXPECT_NEAR(Expected(table.Odds(kLongMatch, {}, 0), 4), 3, 0.3);
}

TEST(AcceptanceTest, PositionsNeverReachedTakeTheRateBefore) {
  AcceptanceTable table;
  SequenceAcceptance sequence;
  Repeat(table, {kShortMatch, 1, 1}, 100, sequence);
  EXPECT_GT(Expected(table.Odds(kShortMatch, {}, 0), 12), 8);
}

TEST(AcceptanceTest, ClassesAreKeptApart) {
  AcceptanceTable table;
  SequenceAcceptance sequence;
  Repeat(table, {kLongMatch, 1, 0}, 100, sequence);
  EXPECT_LT(table.Odds(kLongMatch, {}, 0).next(), 0.05);
  const double prior = AcceptanceTable().Odds(kShortMatch, {}, 0).next();
  EXPECT_EQ(table.Odds(kShortMatch, {}, 0).next(), prior);
  EXPECT_GT(table.Odds({Drafter::kNgram, 1, 30}, {}, 0).next(), 0.5);
  EXPECT_GT(table.Odds({Drafter::kDraftModel, 0, 30}, {}, 0).next(), 0.4);
}

TEST(AcceptanceTest, ASequenceDiffersFromItsClass) {
  AcceptanceTable table;
  SequenceAcceptance others, copies;
  for (int i = 0; i < 300; ++i) {
    Repeat(table, {kShortMatch, 2, 0}, 9, others, i);
    Repeat(table, {kShortMatch, 2, 2}, 1, copies, i);
  }
  EXPECT_LT(table.Odds(kShortMatch, others, 300).next(), 0.2);
  EXPECT_GT(table.Odds(kShortMatch, copies, 300).next(), 0.4);
  // Also for another evidence, and less the longer it is ago.
  EXPECT_GT(table.Odds(kLongMatch, copies, 300).next(),
            table.Odds(kLongMatch, {}, 300).next());
  EXPECT_LT(table.Odds(kShortMatch, copies, 10'000).next(), 0.3);
}

TEST(AcceptanceTest, ATextThatTurnsIsFollowed) {
  AcceptanceTable table;
  SequenceAcceptance sequence;
  Repeat(table, {kLongMatch, 4, 4}, 100, sequence);
  EXPECT_GT(Expected(table.Odds(kLongMatch, sequence, 0), 4), 3.5);
  Repeat(table, {kLongMatch, 4, 0}, 40, sequence);
  EXPECT_LT(Expected(table.Odds(kLongMatch, sequence, 0), 4), 0.6);
}

// What one tenant's drafts came to changes nothing for another.
TEST(AcceptanceTest, OneGroupTellsNothingOfAnother) {
  AcceptanceTable table;
  SequenceAcceptance of_one, of_other;
  DraftClass other = kShortMatch;
  other.group = 3;
  const double before = table.Odds(other, of_other, 0).next();
  for (int step = 0; step < 100; ++step) {
    table.Observe({kShortMatch, 4, 4}, step, of_one);
  }
  EXPECT_GT(table.Odds(kShortMatch, of_one, 100).next(), before + 0.3);
  EXPECT_EQ(table.Odds(other, of_other, 100).next(), before);
  table.Observe({other, 1, 0}, 101, of_other);
  EXPECT_LT(table.Odds(other, of_other, 101).next(), before);
}

}  // namespace
}  // namespace mj
