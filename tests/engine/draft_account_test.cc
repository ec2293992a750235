#include "engine/draft_account.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(DraftAccountTest, SharesAStepsDraftRowsByTokens) {
  DraftAccount account;
  account.NoteDrafting(Drafter::kExitHead, 1, Seconds(0.5));
  account.NoteDraft(Drafter::kExitHead, 1, 3, 2, Joules(7));
  account.NoteDraft(Drafter::kNgram, 0, 1, 0, Joules(0));
  // Of ten seconds by the model, four are the drafts'; it took twenty.
  account.NoteStep({Joules(20), Seconds(10)}, {Joules(12), Seconds(6)},
                   Seconds(20));
  const DraftSpending& exit =
      account.all()[static_cast<size_t>(Drafter::kExitHead)][1];
  EXPECT_EQ(exit.drafted, 3);
  EXPECT_EQ(exit.accepted, 2);
  EXPECT_DOUBLE_EQ(exit.energy.value(), 7 + 6);
  EXPECT_DOUBLE_EQ(exit.time.count(), 0.5 + 6);
  const DraftSpending& ngram =
      account.all()[static_cast<size_t>(Drafter::kNgram)][0];
  EXPECT_EQ(ngram.drafted, 1);
  EXPECT_DOUBLE_EQ(ngram.energy.value(), 2);
  EXPECT_DOUBLE_EQ(ngram.time.count(), 2);
}

TEST(DraftAccountTest, AStepCountsWholeOrNotAtAll) {
  DraftAccount account;
  account.NoteDraft(Drafter::kNgram, 2, 5, 5, Joules(1));
  account.SkipStep();
  account.NoteStep({Joules(2), Seconds(2)}, {Joules(1), Seconds(1)},
                   Seconds(2));
  for (const auto& by_class : account.all()) {
    for (const DraftSpending& spent : by_class) {
      EXPECT_EQ(spent.drafted, 0);
      EXPECT_EQ(spent.energy, Joules(0));
      EXPECT_EQ(spent.time, Seconds(0));
    }
  }
}

// Passes that led to no draft, as they only caught up, are paid for, too.
TEST(DraftAccountTest, DraftingAloneCosts) {
  DraftAccount account;
  account.NoteDrafting(Drafter::kDraftModel, 3, Seconds(2));
  account.NoteStep({Joules(1), Seconds(1)}, {Joules(1), Seconds(1)},
                   Seconds(1));
  const DraftSpending& draft =
      account.all()[static_cast<size_t>(Drafter::kDraftModel)][3];
  EXPECT_EQ(draft.drafted, 0);
  EXPECT_DOUBLE_EQ(draft.time.count(), 2);
}

}  // namespace
}  // namespace mj
