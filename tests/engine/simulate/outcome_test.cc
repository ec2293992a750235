#include "engine/simulate/outcome.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

RequestResult Served(double arrival, double first, double finish, int tokens) {
  return {.arrival = Seconds(arrival),
          .first_token = Seconds(first),
          .finish = Seconds(finish),
          .tokens = tokens};
}

TEST(OutcomeTest, RefusedAreMissesAndOneTokenRepliesMeetTpot) {
  SimulationResult result;
  result.requests = {Served(0, 1, 3, 5),    // TTFT 1, TPOT 0.5
                     Served(1, 4, 4, 1),    // TTFT 3, one token
                     Served(2, 2.5, 5, 2),  // TTFT 0.5, TPOT 2.5
                     {.refused = true}};
  result.end = Seconds(5);
  result.energy.total = 16'000'000'000;
  const Outcome out = Summarize(result, Seconds(1), Seconds(0.5));
  EXPECT_EQ(out.requests, 4);
  EXPECT_EQ(out.refused, 1);
  EXPECT_DOUBLE_EQ(out.ttft_attainment, 0.5);
  EXPECT_DOUBLE_EQ(out.tpot_attainment, 0.5);
  EXPECT_EQ(*out.ttft_p99, Seconds(3));
  EXPECT_EQ(*out.ttft_p50, Seconds(1));
  EXPECT_EQ(*out.tpot_p99, Seconds(2.5));
  EXPECT_EQ(out.output_tokens, 8);
  EXPECT_DOUBLE_EQ(out.per_output_token->value(), 2);
}

TEST(OutcomeTest, AReplyThatWasCutShortIsAMiss) {
  SimulationResult result;
  result.requests = {Served(0, 1, 2, 3), Served(0, 1, 2, 3)};
  result.requests[1].unfinished = true;
  const Outcome out = Summarize(result, Seconds(1), Seconds(1));
  EXPECT_EQ(out.unfinished, 1);
  EXPECT_DOUBLE_EQ(out.ttft_attainment, 0.5);
  EXPECT_DOUBLE_EQ(out.tpot_attainment, 0.5);
  EXPECT_EQ(out.output_tokens, 6);
}

TEST(OutcomeTest, NothingServedHasNoPercentiles) {
  SimulationResult result;
  result.requests = {{.refused = true}};
  const Outcome out = Summarize(result, Seconds(1), Seconds(1));
  EXPECT_EQ(out.ttft_attainment, 0);
  EXPECT_FALSE(out.ttft_p99 || out.tpot_p99 || out.per_output_token);
}

}  // namespace
}  // namespace mj
