#include "engine/energy/rules/slo_pressure.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace mj {
namespace {

constexpr DueTimes kTimes{Seconds(0.05), Seconds(0.04), Seconds(0.2), 0.1};

SequenceProgress Prompt(double arrived, int uncomputed) {
  SequenceProgress s;
  s.arrived = Seconds(arrived);
  s.uncomputed = uncomputed;
  return s;
}

TEST(SloPressureTest, RepliesAreDueByTheirTokens) {
  SequenceProgress late = Prompt(0, 1), early = Prompt(0, 1);
  late.first_token = Seconds(1);
  late.tokens = 10;
  early.first_token = Seconds(2);
  early.tokens = 100;
  const std::vector<SequenceProgress> sequences = {late, early};
  const SloPressure pressure = FindPressure({.sequences = sequences}, kTimes);
  EXPECT_EQ(pressure.num_decodes, 2);
  EXPECT_TRUE(pressure.prompts.empty());
  EXPECT_NEAR(pressure.due.count(), 1.5, 1e-12);
  EXPECT_NEAR(pressure.due_early.count(), 1.4, 1e-12);
}

// A preempted reply computes its tokens again beside the prompts.
TEST(SloPressureTest, EachPromptWaitsForTheSharesOfAll) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<SequenceProgress> sequences(random() % 40);
    for (size_t i = 0; i < sequences.size(); ++i) {
      sequences[i] = Prompt(static_cast<double>(i), 2 + random() % 3000);
      if (random() % 8 == 0) sequences[i].tokens = 1 + random() % 50;
    }
    const SloPressure pressure =
        FindPressure({.sequences = sequences}, kTimes);
    size_t num_prompts = 0;
    for (const SequenceProgress& s : sequences) num_prompts += s.tokens == 0;
    ASSERT_EQ(pressure.prompts.size(), num_prompts);
    double last = 0;
    for (const PromptPressure& prompt : pressure.prompts) {
      const auto i = static_cast<size_t>(prompt.arrived.count());
      double ahead = 0;
      for (const SequenceProgress& s : sequences) {
        ahead += std::min(s.uncomputed, sequences[i].uncomputed);
      }
      ASSERT_EQ(prompt.tokens_ahead, ahead);
      ASSERT_GE(ahead, last);
      last = ahead;
    }
  }
}

}  // namespace
}  // namespace mj
