#include "server/live_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using testing::HasSubstr;

TEST(LivePageTest, ThePageMayLoadNothingFromElsewhere) {
  const HttpReply page = LivePage();
  EXPECT_THAT(page.content_type, HasSubstr("text/html"));
  EXPECT_THAT(page.body, HasSubstr("</html>"));
  ASSERT_EQ(page.headers.size(), 1u);
  EXPECT_EQ(page.headers[0].first, "Content-Security-Policy");
  EXPECT_THAT(page.headers[0].second, HasSubstr("default-src 'none'"));
}

TEST(LivePageTest, UnknownJoulesAreNullNotZero) {
  EngineStats stats;
  stats.energy_known = false;
  stats.energy_unknown_reason = "no counter";
  const Json state = LiveState(stats, "m", {.clock = Seconds(1)}, {});
  EXPECT_TRUE(state["energy"]["joules"].is_null());
  EXPECT_EQ(state["energy"]["unknown_reason"], "no counter");
  EXPECT_TRUE(state["clock"].is_null());
}

TEST(LivePageTest, CountersGaugesAndRequests) {
  EngineStats stats;
  stats.running = 3;
  stats.generated_tokens = 9;
  stats.decode = Joules(2);
  stats.governor.emplace();
  stats.governor->requested = Hertz(1e9);
  RecentRequest request;
  request.id = "a";
  request.energy = Joules(0.25);
  const std::vector<RecentRequest> recent = {request};
  const Json state = LiveState(
      stats, "m", {.started = 7, .now = 9, .clock = Seconds(1.5)}, recent);
  EXPECT_EQ(state["started"], 7);
  EXPECT_EQ(state["now"], 9);
  EXPECT_EQ(state["running"], 3);
  EXPECT_EQ(state["generated_tokens"], 9);
  EXPECT_EQ(state["energy"]["joules"]["decode"], 2.0);
  EXPECT_EQ(state["clock"]["requested_hertz"], 1e9);
  EXPECT_TRUE(state["clock"]["achieved_hertz"].is_null());
  EXPECT_EQ(state["recent"][0]["joules"], 0.25);
  EXPECT_TRUE(state["recent"][0]["ttft_seconds"].is_null());
}

}  // namespace
}  // namespace mj
