#include "engine/speculate/speculation_memory.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

constexpr Price kPredicted{Joules(0.1), Seconds(0.01)};

int StepsUntilAffordable(ExplorationBudget& budget, double share,
                         double loss = 0.01) {
  int steps = 0;
  while (!budget.Affords(loss) && steps < 100'000) {
    budget.NoteStep(share);
    ++steps;
  }
  return steps;
}

TEST(ExplorationBudgetTest, AfterALossTwiceAsLong) {
  ExplorationBudget budget;
  StepsUntilAffordable(budget, 0.01);
  budget.Spend(-0.02);  // not much
  EXPECT_EQ(StepsUntilAffordable(budget, 0.01), 64);
  budget.Spend(-0.3);
  EXPECT_EQ(StepsUntilAffordable(budget, 0.01), 128);
  budget.Spend(-0.3);
  EXPECT_EQ(StepsUntilAffordable(budget, 0.01), 256);
  budget.Spend(0.1);
  EXPECT_EQ(StepsUntilAffordable(budget, 0.01), 64);
  EXPECT_EQ(budget.num_explored(), 4);
}

TEST(ExplorationBudgetTest, LosesNoMoreThanItsShareOfTheTime) {
  ExplorationBudget budget;
  double lost = 0;
  for (int step = 0; step < 20'000; ++step) {
    budget.NoteStep(0.01);
    if (!budget.Affords(1.5)) continue;
    budget.Spend(-1.0);
    lost += 1;
  }
  EXPECT_GT(lost, 10);
  EXPECT_LT(lost, 0.01 * 20'000 + 8);
}

TEST(ExplorationBudgetTest, NothingDearerThanThePurse) {
  ExplorationBudget budget;
  EXPECT_EQ(StepsUntilAffordable(budget, 0.01, 100), 100'000);
}

struct EnergyCase {
  const char* name;
  CostOutcome cost;
  double want;  // measured over predicted
};

TEST(SpeculationMemoryTest, JoulesAreMeasuredOrFollowTheTime) {
  const EnergyCase kCases[] = {
      {"measured", {kPredicted, Seconds(0.01), Joules(0.15), Watts(5)}, 1.5},
      {"as predicted", {kPredicted, Seconds(0.01), {}, Watts(5)}, 1},
      {"slower at 5 W", {kPredicted, Seconds(0.02), {}, Watts(5)}, 1.5},
  };
  for (const EnergyCase& c : kCases) {
    SCOPED_TRACE(c.name);
    SpeculationMemory memory;
    memory.ObserveStep(1, c.cost, 0.01);
    const auto corrections = memory.CorrectionsNow();
    EXPECT_NEAR(corrections.energy[0].ratio, c.want, 1e-9);
    EXPECT_NEAR(corrections.time[0].ratio, c.cost.time / kPredicted.time, 1e-9);
  }
}

TEST(SpeculationMemoryTest, DraftingIsCorrectedByDrafter) {
  SpeculationMemory memory;
  for (int i = 0; i < 20; ++i) {
    memory.ObserveDrafting(Drafter::kDraftModel,
                           {kPredicted, Seconds(0.03), Joules(0.2)});
  }
  memory.ObserveDrafting(Drafter::kDraftModel, {{}, Seconds(1), Joules(1)});
  const Price corrected = memory.Corrected(Drafter::kDraftModel, kPredicted);
  EXPECT_NEAR(corrected.time.count(), 0.03, 1e-9);
  EXPECT_NEAR(corrected.energy.value(), 0.2, 1e-9);
  EXPECT_EQ(memory.Corrected(Drafter::kExitHead, kPredicted).time,
            kPredicted.time);
}

TEST(SpeculationMemoryTest, AnExplorationIsJudgedByTokensASecond) {
  SpeculationMemory memory;
  const auto due = [&] {
    int steps = 0;
    while (!memory.exploration().Affords(0.01)) {
      memory.ObserveStep(1, {kPredicted, kPredicted.time}, 0.01);
      ++steps;
    }
    return steps;
  };
  due();
  memory.ObserveExploration({4, Seconds(0.01)}, 4, Seconds(0.02));  // lost half
  EXPECT_EQ(due(), 128);
  memory.ObserveExploration({4, Seconds(0.01)}, 6, Seconds(0.011));
  EXPECT_EQ(due(), 64);
}

}  // namespace
}  // namespace mj
