#include "engine/speculate/controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/engine/speculate/made_steps.h"

namespace mj {
namespace {

// "ngram 4: expected gain; none 0: no draft"
std::string Text(const SpeculationPlan& plan) {
  std::string text;
  for (const DraftChoice& choice : plan.choices) {
    if (!text.empty()) text += "; ";
    text += std::string(DrafterName(choice.drafter)) + " " +
            std::to_string(choice.length) + ": " + std::string(choice.reason);
  }
  return text;
}

struct DecisionCase {
  const char* name;
  SpeculationPolicy policy;
  CostOfRows cost;
  int most_rows;
  double first, second;  // chances; < 0: no offer
  const char* want;
};

constexpr auto kAuto = SpeculationPolicy::kAuto;

TEST(ControllerTest, TwoSequences) {
  const DecisionCase kCases[] = {
      {"off", SpeculationPolicy::kOff, Free, 8, 1, 1,
       "none 0: off; none 0: off"},
      {"fixed", SpeculationPolicy::kFixed, Linear, 8, 0, 0,
       "ngram 4: fixed; ngram 4: fixed"},
      {"fixed, few rows", SpeculationPolicy::kFixed, Linear, 4, 0, 0,
       "ngram 4: fixed; none 0: budget of rows"},
      {"nothing to draft", kAuto, Free, 8, -1, -1,
       "none 0: no draft; none 0: no draft"},
      {"free rows", kAuto, Free, 8, 1, 1,
       "ngram 4: expected gain; ngram 4: expected gain"},
      {"only one offers", kAuto, Free, 8, -1, 1,
       "none 0: no draft; ngram 4: expected gain"},
      {"a row costs a token", kAuto, Linear, 8, 1, 1,
       "none 0: no gain at this load; none 0: no gain at this load"},
      {"never right", kAuto, Free, 8, 0, 0,
       "none 0: no gain at this load; none 0: no gain at this load"},
      {"the tile has six rows left", kAuto, Tiles, 20, 1, 0.6,
       "ngram 4: expected gain; ngram 2: expected gain"},
      {"rows for the likelier", kAuto, Free, 4, 1, 0.1,
       "ngram 4: expected gain; none 0: budget of rows"},
      {"no rows at all", kAuto, Free, 0, 1, 1,
       "none 0: budget of rows; none 0: budget of rows"},
  };
  for (const DecisionCase& c : kCases) {
    SCOPED_TRACE(c.name);
    MadeStep step(c.cost, 2, c.most_rows);
    SpeculationMemory memory = Measured(c.cost);
    if (c.first >= 0) step.Offer(0, Ngram(4));
    if (c.second >= 0) step.Offer(1, Ngram(4));
    step.Teach(memory, {std::max(c.first, 0.0), std::max(c.second, 0.0)});
    const SpeculationPlan plan =
        PlanSpeculation({.policy = c.policy}, step.inputs(), memory);
    EXPECT_EQ(Text(plan), c.want);
    int rows = 0;
    for (const DraftChoice& choice : plan.choices) rows += choice.length;
    EXPECT_EQ(plan.num_rows, rows);
    EXPECT_FALSE(plan.exploration);
  }
}

struct DrafterCase {
  const char* name;
  double ngram, model;  // chances
  double drafting;      // of a token, in steps of one row
  Drafter want;
};

TEST(ControllerTest, TheDrafterThatBringsMore) {
  const DrafterCase kCases[] = {
      {"what is free, of equals", 1, 1, 0.05, Drafter::kNgram},
      {"the better one", 0.2, 1, 0.05, Drafter::kDraftModel},
      {"not if it is too dear", 0.5, 1, 0.8, Drafter::kNgram},
      {"none of two that cost more", 0, 0.6, 0.9, Drafter::kNone},
  };
  for (const DrafterCase& c : kCases) {
    SCOPED_TRACE(c.name);
    MadeStep step(Free, 1, 8);
    SpeculationMemory memory = Measured(Free);
    step.Offer(0, Ngram(4));
    step.Offer(0, {.drafter = Drafter::kDraftModel,
                   .length = 4,
                   .per_token = Times(c.drafting)});
    step.Teach(memory, {c.ngram});
    SequenceAcceptance other;
    for (int i = 0; i < 200; ++i) {
      memory.ObserveDraft(
          {{Drafter::kDraftModel, 0, 0}, 1, i % 10 < 10 * c.model}, other);
    }
    const SpeculationPlan plan = PlanSpeculation({}, step.inputs(), memory);
    EXPECT_EQ(plan.choices[0].drafter, c.want);
  }
}

TEST(ControllerTest, MeasuredRatherThanPredicted) {
  MadeStep step(Free, 1, 8);  // as the model has it
  step.Offer(0, Ngram(4));
  SpeculationMemory memory = Measured(Free);
  step.Teach(memory, {0.9});
  EXPECT_EQ(PlanSpeculation({}, step.inputs(), memory).num_rows, 4);
  for (int i = 0; i < 100; ++i) {
    for (int rows = 1; rows <= 8; ++rows) {
      memory.ObserveStep(rows, {Times(1), Times(rows).time, Times(rows).energy},
                         0);
    }
  }
  memory.ObserveExploration({1, Seconds(1)}, 1, Seconds(1));
  const SpeculationPlan plan = PlanSpeculation({}, step.inputs(), memory);
  EXPECT_EQ(Text(plan), "none 0: no gain at this load");
}

TEST(ControllerTest, FirstThePlainStepIsMeasured) {
  MadeStep step(Free, 1, 8);
  step.Offer(0, Ngram(4));
  SpeculationMemory memory;
  int plain = 0;
  while (Text(PlanSpeculation({}, step.inputs(), memory)) ==
         "none 0: exploring") {
    memory.ObserveStep(1, {Times(1), Times(1).time}, 0.01);
    ++plain;
    ASSERT_LT(plain, 10);
  }
  EXPECT_GE(plain, 3);
}

// What is there already is judged without being tried.
TEST(ControllerTest, TriesNoOfferThatIsThereAtKnownCost) {
  MadeStep step(Free, 1, 8);
  step.Offer(0, Ngram(4));
  SpeculationMemory memory = Measured(Free);
  step.Teach(memory, {0});
  for (int i = 0; i < 1000; ++i) {
    const SpeculationPlan plan = PlanSpeculation({}, step.inputs(), memory);
    EXPECT_EQ(Text(plan), "none 0: no gain at this load");
    memory.ObserveStep(1, {Times(1), Times(1).time}, 0.01);
  }
}

TEST(ControllerTest, TriesNowAndThenWhatSeemsWorthless) {
  MadeStep step(Free, 1, 8);
  DraftOffer worthless{.drafter = Drafter::kExitHead, .length = 4};
  worthless.per_token = Times(0.01);
  step.Offer(0, worthless);
  SpeculationMemory memory = Measured(Free);
  SequenceAcceptance acceptance;
  for (int i = 0; i < 100; ++i) {
    memory.ObserveDraft({{Drafter::kExitHead, 0, 0}, 1, 0}, acceptance);
  }
  int explored = 0;
  constexpr int kSteps = 6400;
  for (int i = 0; i < kSteps; ++i) {
    const SpeculationPlan plan = PlanSpeculation({}, step.inputs(), memory);
    memory.ObserveStep(1 + plan.num_rows, {Times(1), Times(1).time}, 0.01);
    if (!plan.exploration) {
      EXPECT_EQ(plan.num_rows, 0);
      continue;
    }
    ++explored;
    EXPECT_EQ(plan.choices[0].reason, "exploring");
    EXPECT_GT(plan.choices[0].length, 0);
    memory.ObserveExploration(*plan.exploration, 1, Times(1).time);
  }
  EXPECT_GE(explored, kSteps / 64 - 2);
  EXPECT_LE(explored, kSteps / 64 + 1);
}

TEST(ControllerTest, DraftsAreAskedForOnlyWhereTheyMayGain) {
  const MadeStep free(Free, 2, 8), dear(Linear, 2, 8), none(Free, 2, 0);
  EXPECT_TRUE(MayGain({}, free.inputs(), Measured(Free)));
  EXPECT_FALSE(MayGain({}, dear.inputs(), Measured(Linear)));
  EXPECT_FALSE(MayGain({}, none.inputs(), Measured(Free)));
  EXPECT_FALSE(MayGain({.policy = SpeculationPolicy::kOff}, free.inputs(),
                       Measured(Free)));
  EXPECT_TRUE(MayGain({.policy = SpeculationPolicy::kFixed}, dear.inputs(),
                      Measured(Linear)));
}

}  // namespace
}  // namespace mj
