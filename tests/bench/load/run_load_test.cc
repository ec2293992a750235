// Loads on a stub server over loopback.
#include "bench/load/run_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "bench/load/load_score.h"
#include "tests/bench/load/stub_server.h"

namespace mj {
namespace {

LoadRun Load(const std::string& url, const PlanWords& words,
             const RequestStyle& style = {}, const LoadOptions& options = {}) {
  const auto target = ParseTarget(url, "openai");
  EXPECT_TRUE(target.ok()) << target.status();
  const auto plan = MakePlan(words);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return RunLoad(*plan, options, [&](boost::asio::io_context& context) {
    return MakeHttpTransport(context, *target, style);
  });
}

constexpr int kRequests = 8;

PlanWords Few() {
  return {.concurrency = 2,
          .prompt_tokens = "4",
          .output_tokens = "5",
          .requests = kRequests,
          .warm_up_seconds = 0};
}

struct FaultCase {
  const char* path;
  const char* error;
  int failures = kRequests;
};

constexpr FaultCase kFaultCases[] = {
    {"", "", 0},
    {"/v1/chat/completions", "", 0},
    {"/closing/v1/completions", "", 0},
    {"/nousage/v1", "", 0},
    {"/nowhere", "http_404"},
    {"/500/v1", "http_500"},
    {"/503/v1", "http_503"},
    {"/burst/v1", "http_503", kRequests / 2},
    {"/plain/v1", "not_streaming"},
    {"/repeated/v1", "repeated_tokens"},
    {"/missing/v1", "too_many_tokens"},
    {"/short/v1", "missing_tokens"},
    {"/cut/v1", "connection_lost"},
    {"/nodone/v1", "cut_off"},
    {"/nofinish/v1", "unfinished"},
    {"/error/v1", "error_event"},
    {"/malformed/v1", "malformed_event"},
    {"/garbage/v1", "malformed_http"},
    {"/hangup/v1", "connection_lost"},
    {"/dropping/v1", "connection_lost", kRequests / 2},
    {"/interim/v1", "", 0},
    {"/endless/v1", "", 0},
    {"/flood/v1", "malformed_event"},
    {"/encoded/v1", "content_encoding"},
};

TEST(RunLoadTest, WhatIsWrongIsCountedByItsName) {
  StubServer stub({});
  for (const FaultCase& c : kFaultCases) {
    const LoadScore score = Score(Load(stub.url(c.path), Few()), {});
    EXPECT_EQ(score.sent, kRequests) << c.path;
    EXPECT_EQ(score.succeeded, kRequests - c.failures) << c.path;
    if (c.failures == 0) {
      EXPECT_TRUE(score.errors.empty())
          << c.path << ": " << score.errors.begin()->first;
      EXPECT_EQ(score.output_tokens, 5 * kRequests) << c.path;
    } else {
      ASSERT_EQ(score.errors.size(), 1u) << c.path;
      EXPECT_EQ(score.errors.begin()->first, c.error) << c.path;
      EXPECT_EQ(score.errors.begin()->second, c.failures) << c.path;
    }
  }
}

TEST(RunLoadTest, ListedTokensShowTheOneThatIsMissing) {
  StubServer stub({});
  for (const char* path :
       {"/missing/v1/completions", "/missing/v1/chat/completions"}) {
    const LoadScore score =
        Score(Load(stub.url(path), Few(), {.lists_tokens = true}), {});
    EXPECT_EQ(score.errors.at("missing_tokens"), kRequests) << path;
  }
}

TEST(RunLoadTest, AServerThatIsDownIsNamed) {
  std::string url;
  {
    StubServer stub({});
    url = stub.url();
  }
  const LoadScore score = Score(Load(url, Few()), {});
  EXPECT_EQ(score.errors.at("connect_refused"), kRequests);
}

TEST(RunLoadTest, WhoRefusesAtOnceIsNotAskedAtOnceAgain) {
  StubServer stub({});
  PlanWords words = Few();
  words.requests = 0;
  words.duration_seconds = 0.2;
  const LoadRun run = Load(stub.url("/500/v1"), words);
  // Every 10 ms by each of two.
  EXPECT_GT(run.records.size(), 0u);
  EXPECT_LE(run.records.size(), 2u * (20 + 1));
}

TEST(RunLoadTest, ProgressTellsPartsAsTheyCome) {
  StubServer stub({.per_token = Seconds(0.02)});
  PlanWords words = Few();
  words.requests = 2;
  words.output_tokens = "100";
  std::vector<Progress> told;
  Load(stub.url(), words, {},
       {.on_progress = [&](const Progress& now) { told.push_back(now); }});
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].finished, 0);
  EXPECT_GT(told[0].parts_per_second, 0);
  EXPECT_LT(told[0].parts_per_second, 1.2 * 2 / 0.02);
}

TEST(RunLoadTest, AReplyEndsWithItsLastEvent) {
  StubServer stub({});
  const LoadRun run = Load(stub.url("/endless/v1"), Few());
  for (const RequestRecord& record : run.records) {
    EXPECT_EQ(record.finished, *record.last_text);  // in one segment
  }
}

TEST(RunLoadTest, ASignalEndsALoadAndWhatWasDoneCounts) {
  StubServer stub({.first_token = Seconds(0.02)});
  PlanWords words = Few();
  words.requests = 0;
  words.duration_seconds = 600;
  int told = 0;
  const LoadRun run =
      Load(stub.url(), words, {}, {.on_progress = [&](const Progress&) {
             if (told++ == 0) std::raise(SIGTERM);
           }});
  EXPECT_TRUE(run.interrupted);
  EXPECT_LT(run.wall, Seconds(60));
  const LoadScore score = Score(run, {});
  EXPECT_GT(score.succeeded, 0);
  EXPECT_TRUE(score.errors.empty());
  EXPECT_EQ(score.counted + score.uncounted_errors.at("interrupted"),
            score.sent);
}

TEST(RunLoadTest, WhatIsDueInYearsIsWaitedForQuietly) {
  StubServer stub({});
  PlanWords words{.rate = 1e-12,
                  .arrivals = "uniform",
                  .prompt_tokens = "4",
                  .output_tokens = "5",
                  .requests = 2};
  const LoadRun run =
      Load(stub.url(), words, {},
           {.on_progress = [](const Progress&) { std::raise(SIGINT); }});
  EXPECT_EQ(run.records.size(), 1u);
  EXPECT_LT(run.cpu_seconds, 0.5);
}

TEST(RunLoadTest, ASilentServerTimesOut) {
  StubServer stub({});
  const LoadScore score = Score(
      Load(stub.url("/silent/v1"), Few(), {.timeout = Seconds(0.05)}), {});
  EXPECT_EQ(score.errors.at("timeout"), kRequests);
}

TEST(RunLoadTest, ConnectionsAreKept) {
  StubServer stub({});
  EXPECT_EQ(Load(stub.url(), Few()).reconnects, 0);
  // Each is closed after its reply, which shows when the next request comes.
  const LoadRun run = Load(stub.url("/closing/v1"), Few());
  EXPECT_GT(run.reconnects, 0);
}

TEST(RunLoadTest, JoulesAndTokensAreTheServers) {
  StubServer stub({.joules_per_token = 0.25});
  const LoadRun run = Load(stub.url(), Few());
  const LoadScore score = Score(run, {});
  EXPECT_DOUBLE_EQ(score.joules.value(), 0.25 * 5 * kRequests);
  EXPECT_EQ(score.joule_tokens, 5 * kRequests);
  EXPECT_EQ(score.prompt_tokens, 7 * kRequests);
  EXPECT_EQ(run.energy_methods, std::set<std::string>{"modelled"});
}

TEST(RunLoadTest, OpenLoopDoesNotWaitForReplies) {
  StubServer stub({.first_token = Seconds(1)});
  const LoadRun run = Load(stub.url(), {.rate = 50,
                                        .arrivals = "uniform",
                                        .prompt_tokens = "4",
                                        .output_tokens = "1",
                                        .requests = 20});
  EXPECT_EQ(run.records.back().in_flight, 20);
  EXPECT_LT(run.wall, Seconds(20));
  for (const RequestRecord& record : run.records) {
    EXPECT_TRUE(record.succeeded()) << record.error;
    EXPECT_NEAR(record.due.count(), 0.02 * record.index, 1e-9);
    EXPECT_GE(record.sent, record.due);
    EXPECT_GE(record.ttft(), Seconds(1));
  }
}

TEST(RunLoadTest, ClosedLoopKeepsItsNumberInFlight) {
  StubServer stub({.first_token = Seconds(0.01)});
  PlanWords words = Few();
  words.concurrency = 3;
  words.requests = 30;
  const LoadRun run = Load(stub.url(), words);
  ASSERT_EQ(run.records.size(), 30u);
  for (const RequestRecord& record : run.records) {
    EXPECT_LE(record.in_flight, 3);
  }
  EXPECT_EQ(run.records.back().in_flight, 3);
}

TEST(RunLoadTest, ItsTtftAndTheServersAgree) {
  StubServer stub({.first_token = Seconds(0.05), .per_token = Seconds(0.002)});
  const LoadRun run = Load(stub.url(), Few());
  const LoadScore score = Score(run, {});
  const double server =
      stub.ttft_sum().count() * 1e3 / static_cast<double>(stub.requests());
  EXPECT_GE(score.ttft_from_send->mean, server);
  EXPECT_LT(score.ttft_from_send->min, server + 25);
}

TEST(RunLoadTest, ModelsAreAsked) {
  StubServer stub({});
  const auto target = ParseTarget(stub.url(), "openai");
  ASSERT_TRUE(target.ok());
  const auto models = HttpGet(*target, {}, target->models_path);
  ASSERT_TRUE(models.ok()) << models.status();
  EXPECT_THAT(*models, testing::HasSubstr("\"id\":\"stub\""));
  EXPECT_THAT(std::string(HttpGet(*target, {}, "/x").status().message()),
              testing::HasSubstr("status 404"));
  for (const auto& [path, error] : {std::pair{"/hangup", "connection_lost"},
                                    std::pair{"/garbage", "malformed_http"}}) {
    EXPECT_THAT(std::string(HttpGet(*target, {}, path).status().message()),
                testing::HasSubstr(error));
  }
}

}  // namespace
}  // namespace mj
