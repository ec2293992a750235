#include "server/speculation_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SpeculationMetricsTest, TellsWhatWasGuessedAndWhy) {
  EngineStats stats;
  stats.speculation.drafters[static_cast<size_t>(Drafter::kNgram)] = {3, 20,
                                                                      12};
  stats.speculation.accepted_at[1] = 5;
  stats.speculation.spendings[static_cast<size_t>(Drafter::kExitHead)][2] = {
      20, 12, Joules(3), Seconds(0.5)};
  stats.speculation.choices = {{Drafter::kNgram, "expected gain", 3},
                               {Drafter::kNone, "no draft", 7}};
  std::vector<prometheus::MetricFamily> families;
  AddSpeculationMetrics(stats, "m", families);
  const std::string text = prometheus::TextSerializer().Serialize(families);
  EXPECT_THAT(text, Not(HasSubstr("exit_head")));
  for (const char* line :
       {"millijoule_speculation_drafts_total{drafter=\"ngram\","
        "model_name=\"m\"} 3",
        "millijoule_speculation_drafted_tokens_total{drafter=\"ngram\","
        "model_name=\"m\"} 20",
        "millijoule_speculation_accepted_tokens_total{drafter=\"ngram\","
        "model_name=\"m\"} 12",
        "vllm:spec_decode_num_accepted_tokens_total{drafter=\"ngram\","
        "model_name=\"m\",engine=\"0\"} 12",
        "vllm:spec_decode_num_accepted_tokens_per_pos_total{position=\"1\","
        "model_name=\"m\",engine=\"0\"} 5",
        "millijoule_speculation_decisions_total{drafter=\"none\","
        "reason=\"no draft\",model_name=\"m\"} 7",
        "millijoule_speculation_class_tokens_total{drafter=\"exit-head\","
        "class=\"sampled_short_prompt\",outcome=\"accepted\","
        "model_name=\"m\"} 12",
        "class=\"sampled_short_prompt\",outcome=\"rejected\","
        "model_name=\"m\"} 8",
        "millijoule_speculation_spent_joules_total{drafter=\"exit-head\","
        "class=\"sampled_short_prompt\",method=\"modelled\","
        "model_name=\"m\"} 3",
        "millijoule_speculation_spent_seconds_total{drafter=\"exit-head\","
        "class=\"sampled_short_prompt\",model_name=\"m\"} 0.5",
        "millijoule_speculation_spent_joules_total{drafter=\"ngram\","
        "class=\"greedy_long_prompt\",method=\"modelled\","
        "model_name=\"m\"} 0"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(SpeculationMetricsTest, TellsWhatWasLearnedWhereAHeadLearns) {
  EngineStats stats;
  stats.speculation.learning = {
      .updates = 9, .failed_saves = 2, .time = Seconds(3)};
  std::vector<prometheus::MetricFamily> families;
  AddSpeculationMetrics(stats, "m", families);
  const std::string text = prometheus::TextSerializer().Serialize(families);
  EXPECT_THAT(text, HasSubstr("exit_head_updates_total{model_name=\"m\"} 9"));
  EXPECT_THAT(
      text, HasSubstr("exit_head_learning_seconds_total{model_name=\"m\"} 3"));
  EXPECT_THAT(text,
              HasSubstr("exit_head_failed_saves_total{model_name=\"m\"} 2"));
}

}  // namespace
}  // namespace mj
