#include "bench/load/load_score.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

// Due at `due` s, first text 0.1 s later than sent, then 0.02 s a token.
RequestRecord Good(double due, int tokens, double late = 0) {
  RequestRecord record;
  record.due = Seconds(due);
  record.sent = Seconds(due + late);
  record.first_text = Seconds(due + late + 0.1);
  record.last_text = Seconds(due + late + 0.1 + 0.02 * (tokens - 1));
  record.finished = *record.last_text + Seconds(0.01);
  record.output_tokens = record.text_events = tokens;
  record.prompt_tokens = 10;
  record.has_usage = true;
  return record;
}

RequestRecord Failed(double due, const char* error) {
  RequestRecord record;
  record.due = record.sent = record.finished = Seconds(due);
  record.error = error;
  return record;
}

LoadRun RunOf(std::vector<RequestRecord> records) {
  LoadRun run;
  run.records = std::move(records);
  run.wall = Seconds(100);
  return run;
}

TEST(LoadScoreTest, LatencyCountsFromWhenARequestWasDue) {
  const LoadScore score = Score(RunOf({Good(1, 5, 0.4)}), {});
  EXPECT_NEAR(score.ttft->mean, 500, 1e-6);
  EXPECT_NEAR(score.ttft_from_send->mean, 100, 1e-6);
  EXPECT_NEAR(score.send_delay->mean, 400, 1e-6);
  EXPECT_NEAR(score.tpot->mean, 20, 1e-6);
  EXPECT_NEAR(score.latency->mean, 590, 1e-6);
}

TEST(LoadScoreTest, FailuresAreCountedAndInNoAverage) {
  const LoadScore score =
      Score(RunOf({Good(0, 5), Failed(1, "http_503"), Failed(2, "http_503"),
                   Failed(3, "cut_off"), Good(4, 5)}),
            {.ttft = Seconds(0.2)});
  EXPECT_EQ(score.sent, 5);
  EXPECT_EQ(score.counted, 5);
  EXPECT_EQ(score.succeeded, 2);
  EXPECT_EQ(score.errors.at("http_503"), 2);
  EXPECT_EQ(score.errors.at("cut_off"), 1);
  EXPECT_EQ(score.ttft->count, 2);
  EXPECT_EQ(score.met_slo, 2);
  EXPECT_DOUBLE_EQ(score.attainment().value(), 0.4);
}

TEST(LoadScoreTest, TheWarmUpIsCutButItsErrorsAreTold) {
  std::vector<RequestRecord> records = {Failed(0, "http_500"), Good(1, 5, 3),
                                        Good(10, 5)};
  records[0].counted = records[1].counted = false;
  const LoadScore score = Score(RunOf(std::move(records)), {});
  EXPECT_EQ(score.sent, 3);
  EXPECT_EQ(score.counted, 1);
  EXPECT_TRUE(score.errors.empty());
  EXPECT_EQ(score.uncounted_errors.at("http_500"), 1);
  EXPECT_NEAR(score.ttft->max, 100, 1e-6);
  EXPECT_NEAR(score.rates->window.count(), 0.19, 1e-9);
  EXPECT_NEAR(score.rates->output_tokens, 5 / 0.19, 1e-6);
}

// A request a second for 20 s, each of 100 tokens from second 1 to 11 of it.
TEST(LoadScoreTest, RatesAreThoseWhileRequestsCame) {
  std::vector<RequestRecord> records;
  for (int i = 0; i <= 20; ++i) {
    RequestRecord record = Good(i, 100);
    record.first_text = Seconds(i + 1);
    record.last_text = record.finished = Seconds(i + 11);
    record.counted = i >= 10;
    records.push_back(record);
  }
  const LoadScore score = Score(RunOf(std::move(records)), {});
  ASSERT_TRUE(score.rates);
  EXPECT_EQ(score.rates->window, Seconds(10));         // from 10 to 20 s
  EXPECT_NEAR(score.rates->output_tokens, 100, 1e-6);  // of 10 at once
  EXPECT_NEAR(score.rates->requests, 1, 1e-9);
  EXPECT_FALSE(score.rates->offered.has_value()) << "closed loop";
  EXPECT_NEAR(score.rates->prompt_tokens, 1.1 * 10, 1e-9);
}

// 20 requests a second apart, the last gap too, and each well within it.
TEST(LoadScoreTest, AsManyAreOfferedAsDone) {
  std::vector<RequestRecord> records;
  for (int i = 0; i < 20; ++i) records.push_back(Good(i, 5));
  LoadRun run = RunOf(std::move(records));
  run.end = Seconds(20);
  const LoadScore score = Score(run, {.ttft = Seconds(0.2)});
  EXPECT_NEAR(score.rates->offered.value(), 1, 1e-9);
  EXPECT_NEAR(score.rates->requests, 1, 1e-9);
  EXPECT_NEAR(score.rates->goodput, 1, 1e-9);
}

// A server that needs three times as long.
TEST(LoadScoreTest, WhatIsOfferedIsNotWhatIsDone) {
  std::vector<RequestRecord> records;
  for (int i = 0; i < 20; ++i) {
    records.push_back(Good(i, 5));
    records.back().finished = records.back().last_text.emplace(3 * i + 9);
  }
  LoadRun run = RunOf(std::move(records));
  run.end = Seconds(20);
  const LoadScore score = Score(run, {});
  EXPECT_NEAR(score.rates->offered.value(), 1, 1e-9);
  EXPECT_EQ(score.rates->window, Seconds(66));
  EXPECT_NEAR(score.rates->requests, 20 / 66.0, 1e-9);
}

TEST(LoadScoreTest, GoodputIsPartOfThroughput) {
  // Two waves of 16 at once: the second ends after the last was sent.
  std::vector<RequestRecord> records;
  for (int i = 0; i < 32; ++i) records.push_back(Good(i < 16 ? 0 : 0.19, 5));
  records[3].first_text = Seconds(0.15);
  const LoadScore score =
      Score(RunOf(std::move(records)), {.ttft = Seconds(0.12)});
  EXPECT_NEAR(score.rates->requests, 16 / 0.19, 1e-6);
  EXPECT_NEAR(score.rates->goodput, 15 / 0.19, 1e-6);
}

TEST(LoadScoreTest, OneThatHangsDoesNotThinTheRates) {
  std::vector<RequestRecord> records;
  for (int i = 0; i <= 50; ++i) records.push_back(Good(0.1 * i, 2));
  records[10].error = "timeout";
  records[10].finished = Seconds(600);
  records[20].last_text = records[20].finished = Seconds(300);
  const LoadScore score = Score(RunOf(std::move(records)), {});
  EXPECT_EQ(score.rates->window, Seconds(5));
  EXPECT_NEAR(score.rates->requests, 9.6, 0.21);
}

TEST(LoadScoreTest, GoodputNeedsBothTargets) {
  const Slo both{.ttft = Seconds(0.15), .tpot = Seconds(0.025)};
  EXPECT_TRUE(Meets(Good(0, 5), both));
  EXPECT_FALSE(Meets(Good(0, 5, 0.1), both)) << "sent late";
  EXPECT_FALSE(Meets(Good(0, 5), {.tpot = Seconds(0.01)}));
  EXPECT_TRUE(Meets(Good(0, 1), {.tpot = Seconds(0.01)})) << "has no TPOT";
  EXPECT_FALSE(Meets(Failed(0, "timeout"), {}));
}

TEST(LoadScoreTest, UnknownJoulesStayUnknown) {
  std::vector<RequestRecord> records = {Good(0, 5), Good(1, 5), Good(2, 10)};
  EXPECT_FALSE(Score(RunOf(records), {}).joules.has_value());
  records[1].joules = 2;
  records[2].joules = 4;
  const LoadScore score = Score(RunOf(records), {});
  EXPECT_EQ(score.joules, 6);
  EXPECT_EQ(score.joules_of, 2);
  EXPECT_EQ(score.joule_tokens, 15);
}

TEST(LoadScoreTest, TokensWithoutAPartOfTheirOwnAreTold) {
  RequestRecord joined = Good(0, 8);
  joined.text_events = 5;
  joined.cached_tokens = 6;
  RequestRecord unsaid = Good(1, 4);
  unsaid.has_usage = false;
  const LoadScore score = Score(RunOf({joined, unsaid}), {});
  EXPECT_EQ(score.joined_tokens, 3);
  EXPECT_EQ(score.cached_tokens, 6);
  EXPECT_EQ(score.without_usage, 1);
  EXPECT_EQ(score.output_tokens, 12);
}

TEST(LoadScoreTest, ARunWithoutRequestsHasNoNumbers) {
  const LoadScore score = Score(RunOf({}), {});
  EXPECT_EQ(score.counted, 0);
  EXPECT_FALSE(score.rates.has_value());
  EXPECT_FALSE(score.attainment().has_value());
  EXPECT_FALSE(score.ttft.has_value());
}

}  // namespace
}  // namespace mj
