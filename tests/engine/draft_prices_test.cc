#include "engine/draft_prices.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "engine/schedule/plan_step.h"
#include "engine/step_batch.h"
#include "hw_backends/models/cpu_descriptor.h"
#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

// Sequences of one token each step, and prompts that wait.
class DraftPricesTest : public testing::Test {
 protected:
  DraftPricesTest()
      : model_(MakeFakeModel(log_)->shape, {},
               CompiledCpuDescriptors()->front(), {}, "f32") {}

  void Add(int tokens) {
    InFlight& request = requests_.emplace_back();
    request.sequences.reserve(1);
    Sequence& s = request.sequences.emplace_back(
        request, std::vector<TokenId>(tokens, 1),
        StreamingDetokenizer(tokenizer_),
        StopMatcher(std::vector<std::string>(), false));
    s.max_tokens = tokens + 100;
    queues_.Append(s);
  }

  StepPlan Plan() { return PlanStep(queues_.Snapshot(limits_)); }

  // The prompts, and the first token of each reply.
  void Run() {
    const StepPlan plan = Plan();
    queues_.Apply(plan);
    for (const PlannedRows& rows : plan.rows) {
      Sequence& s = *queues_.running()[rows.sequence];
      s.num_computed += rows.num_rows;
      queues_.NoteComputed(s);
      if (s.num_computed == s.num_tokens()) s.tokens.push_back(1);
    }
  }

  FakeRunnerLog log_;
  const FakeTokenizer tokenizer_;
  const StepCostModel model_;
  const ScheduleLimits limits_{
      .max_num_seqs = 8, .max_batched_tokens = 512, .block_size = kBlockSize};
  Queues queues_{64, /*window=*/0};
  std::deque<InFlight> requests_;
};

void ExpectSame(const Price& got, const Price& want) {
  EXPECT_NEAR(got.time / want.time, 1, 1e-9);
  EXPECT_NEAR(got.energy / want.energy, 1, 1e-9);
}

TEST_F(DraftPricesTest, WithoutDraftsTheStepCostsWhatItsShapeDoes) {
  Add(20);
  Add(40);
  Run();
  Add(30);
  const StepPlan plan = Plan();
  ASSERT_EQ(plan.rows.size(), 3u);
  DraftPrices prices;
  PriceDrafts(model_, queues_, plan, 0, prices);
  ASSERT_EQ(prices.step.size(), 1u);
  ExpectSame(prices.step[0],
             model_.Step({.sequences = {{1, 20, 1}, {1, 40, 1}, {30, 0, 1}}}));
  ExpectSame(prices.decode,
             model_.Step({.sequences = {{1, 20, 1}, {1, 40, 1}}}));
  EXPECT_EQ(prices.mean_context, 30);
}

TEST_F(DraftPricesTest, EveryDraftRowCostsARowOfTheMeanContext) {
  Add(20);
  Add(40);
  Run();
  DraftPrices prices;
  prices.step.resize(9);  // of a step before
  PriceDrafts(model_, queues_, Plan(), 3, prices);
  ASSERT_EQ(prices.step.size(), 4u);
  Price want = prices.step[0];
  for (int r = 1; r <= 3; ++r) {
    want += model_.Own({1, 30, 1});
    ExpectSame(prices.step[r], want);
  }
}

TEST_F(DraftPricesTest, APromptDoesNotDecode) {
  Add(20);
  Run();
  Add(1);  // lacks one token, but waits
  const StepPlan plan = Plan();
  ASSERT_EQ(plan.rows.size(), 2u);
  EXPECT_TRUE(Decodes(plan.rows[0], queues_));
  EXPECT_FALSE(Decodes(plan.rows[1], queues_));
}

}  // namespace
}  // namespace mj
