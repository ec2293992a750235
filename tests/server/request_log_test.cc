#include "server/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

RecentRequest Ended() {
  RecentRequest ended;
  ended.id = "cmpl-1";
  ended.tenant = "ann";
  ended.outcome = "stop";
  ended.prompt_tokens = 7;
  ended.cached_tokens = 4;
  ended.completion_tokens = 3;
  ended.queued = Seconds(0.25);
  ended.took = Seconds(2);
  ended.ttft = Seconds(0.5);
  ended.energy = Joules(0.125);
  ended.method = "modelled";
  return ended;
}

template <class Write>
Json Logged(bool with_prompts, const Write& write) {
  testing::internal::CaptureStderr();
  const auto logger = *MakeLogger("info", "json");
  RequestLog log(*logger, with_prompts);
  write(log);
  return Json::parse(testing::internal::GetCapturedStderr());
}

TEST(RequestLogTest, TellsWhatARequestTook) {
  Request request;
  request.prompt = "secret";
  const Json line = Logged(false, [&](RequestLog& log) {
    log.Ended({"http", "mine", "4bf9"}, Ended(), request, absl::OkStatus(),
              200);
  });
  const Json want = {{"message", "request"},   {"transport", "http"},
                     {"request_id", "mine"},   {"trace_id", "4bf9"},
                     {"id", "cmpl-1"},         {"tenant", "ann"},
                     {"status", 200},          {"outcome", "stop"},
                     {"prompt_tokens", 7},     {"cached_tokens", 4},
                     {"completion_tokens", 3}, {"queue_seconds", 0.25},
                     {"ttft_seconds", 0.5},    {"total_seconds", 2.0},
                     {"joules", 0.125},        {"energy_method", "modelled"}};
  for (const auto& [key, value] : want.items()) {
    EXPECT_EQ(line.value(key, Json()), value) << key;
  }
  EXPECT_EQ(line.size(), want.size() + 2);  // time and level; no prompt
}

TEST(RequestLogTest, PromptsAreLoggedIfAskedForAndCut) {
  Request request;
  request.prompt = "a\n" + std::string(20000, 'x');
  const auto write = [&](RequestLog& log) {
    log.Ended({"grpc", "", ""}, Ended(), request,
              absl::CancelledError("the client has gone"), Json());
  };
  const Json line = Logged(true, write);
  EXPECT_EQ(line["prompt"].get<std::string>().size(), 16384u);
  EXPECT_EQ(line["status"], Json());
  EXPECT_EQ(line["error"], "the client has gone");
  EXPECT_FALSE(line.contains("request_id"));
  request.prompt = std::vector<TokenId>{1, 2};
  EXPECT_EQ(Logged(true, write)["prompt"], "[1,2]");
}

TEST(RequestLogTest, TellsOfRefusals) {
  const Json line = Logged(true, [](RequestLog& log) {
    log.Refused({"http", "mine", ""}, "", absl::UnauthenticatedError("no key"),
                401);
  });
  EXPECT_EQ(line["outcome"], "refused");
  EXPECT_EQ(line["status"], 401);
  EXPECT_EQ(line["error"], "no key");
  EXPECT_FALSE(line.contains("tenant"));
}

}  // namespace
}  // namespace mj
