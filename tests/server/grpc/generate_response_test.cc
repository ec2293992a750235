#include "server/grpc/generate_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

using testing::ElementsAre;

class ResponseWriterTest : public testing::Test {
 protected:
  FakeTokenizer tokenizer_;
  ResponseWriter writer_{"grpc-1", tokenizer_};
};

TEST_F(ResponseWriterTest, CopiesADeltaFieldByField) {
  Delta delta;
  delta.choice = 2;
  delta.text = "né";
  delta.tokens = {'n', 0xC3, 0xA9};
  const v1::GenerateResponse message = writer_.Next(delta);
  EXPECT_EQ(message.choice(), 2);
  EXPECT_EQ(message.text(), "né");
  EXPECT_THAT(message.token_ids(), ElementsAre('n', 0xC3, 0xA9));
  EXPECT_EQ(message.finish_reason(), v1::FINISH_REASON_UNSPECIFIED);
  EXPECT_FALSE(message.has_summary());
}

TEST_F(ResponseWriterTest, ListsLogprobsWithTheTokensBytes) {
  Delta delta;
  delta.logprobs = {{{0xC3, -0.5f}, {{0xC3, -0.5f}, {'x', -1.5f}}}};
  delta.prompt_logprobs = {
      {{'p', std::numeric_limits<float>::quiet_NaN()}, {}}};
  const v1::GenerateResponse message = writer_.Next(delta);
  ASSERT_EQ(message.logprobs_size(), 1);
  const v1::PositionLogprobs& position = message.logprobs(0);
  EXPECT_EQ(position.token().id(), 0xC3);
  EXPECT_EQ(position.token().logprob(), -0.5f);
  EXPECT_EQ(position.token().token(), "\xC3");
  ASSERT_EQ(position.top_size(), 2);
  EXPECT_EQ(position.top(1).id(), 'x');
  EXPECT_EQ(position.top(1).logprob(), -1.5f);
  ASSERT_EQ(message.prompt_logprobs_size(), 1);
  EXPECT_FALSE(message.prompt_logprobs(0).token().has_logprob())
      << "nothing predicts a prompt's first token";
}

Delta EndOf(int choice, FinishReason reason, const char* stop_match) {
  Delta delta;
  delta.choice = choice;
  delta.finish_reason = reason;
  delta.stop_match = stop_match;
  return delta;
}

TEST_F(ResponseWriterTest, SummarisesInTheLastMessage) {
  EXPECT_EQ(writer_.Next(EndOf(1, FinishReason::kStop, "END")).finish_reason(),
            v1::FINISH_REASON_STOP);
  EXPECT_EQ(writer_.Next(EndOf(0, FinishReason::kLength, "")).finish_reason(),
            v1::FINISH_REASON_LENGTH);
  Delta last;
  last.last = true;
  last.usage = {.prompt_tokens = 3, .completion_tokens = 4, .cached_tokens = 1};
  last.usage.depth = DepthReport{2, "abc", "sampling"};
  last.timings = {.queued = Seconds(0.25),
                  .first_token = Seconds(0.5),
                  .finished = Seconds(2),
                  .num_preemptions = 6};
  const v1::GenerateResponse message = writer_.Next(last);
  ASSERT_TRUE(message.has_summary());
  const v1::Summary& summary = message.summary();
  EXPECT_EQ(summary.request_id(), "grpc-1");
  ASSERT_EQ(summary.choices_size(), 2);
  EXPECT_EQ(summary.choices(0).choice(), 0);
  EXPECT_EQ(summary.choices(0).finish_reason(), v1::FINISH_REASON_LENGTH);
  EXPECT_EQ(summary.choices(1).choice(), 1);
  EXPECT_EQ(summary.choices(1).stop_match(), "END");
  EXPECT_EQ(summary.usage().prompt_tokens(), 3);
  EXPECT_EQ(summary.usage().completion_tokens(), 4);
  EXPECT_EQ(summary.usage().cached_tokens(), 1);
  EXPECT_EQ(summary.usage().adaptive_depth().early_tokens(), 2);
  EXPECT_EQ(summary.usage().adaptive_depth().exit_head(), "abc");
  EXPECT_EQ(summary.usage().adaptive_depth().whole_because(), "sampling");
  EXPECT_EQ(summary.timings().queued_seconds(), 0.25);
  EXPECT_EQ(summary.timings().first_token_seconds(), 0.5);
  EXPECT_EQ(summary.timings().total_seconds(), 2);
  EXPECT_EQ(summary.timings().preemptions(), 6);
}

TEST_F(ResponseWriterTest, TellsTheJoules) {
  Delta last;
  last.last = true;
  last.usage.energy = {.total = Joules(5),
                       .prefill = Joules(2),
                       .decode = Joules(3),
                       .wasted = Joules(0.5),
                       .per_output_token = Joules(0.25),
                       .method = "modelled",
                       .domain = "package+dram",
                       .calibration = "c1",
                       .gco2e = 0.125};
  const v1::RequestEnergy energy =
      writer_.Next(last).summary().usage().energy();
  EXPECT_EQ(energy.joules(), 5);
  EXPECT_EQ(energy.prefill_joules(), 2);
  EXPECT_EQ(energy.decode_joules(), 3);
  EXPECT_EQ(energy.wasted_joules(), 0.5);
  EXPECT_EQ(energy.joules_per_output_token(), 0.25);
  EXPECT_EQ(energy.method(), "modelled");
  EXPECT_EQ(energy.domain(), "package+dram");
  EXPECT_EQ(energy.calibration(), "c1");
  EXPECT_EQ(energy.gco2e(), 0.125);
}

TEST_F(ResponseWriterTest, LeavesOutWhatIsUnknown) {
  Delta last;
  last.last = true;
  const v1::Summary summary = writer_.Next(last).summary();
  EXPECT_FALSE(summary.timings().has_first_token_seconds());
  EXPECT_FALSE(summary.usage().energy().has_joules_per_output_token());
}

}  // namespace
}  // namespace mj
