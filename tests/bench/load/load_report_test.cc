// The JSON, the page and the plots of made-up runs.
#include "bench/load/load_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/load/load_plots.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

LoadRow MakeRow(double rate, const Slo& slo, bool joules) {
  LoadRow row{.rate = rate};
  for (int i = 0; i < 100; ++i) {
    RequestRecord r;
    r.index = i;
    r.due = r.sent = Seconds(i / rate);
    r.first_text = r.due + Seconds(0.1 + 0.001 * i);
    r.last_text = *r.first_text + Seconds(0.3);
    r.finished = *r.last_text;
    r.longest_gap = Seconds(0.05);
    r.output_tokens = r.text_events = 11;
    r.has_usage = true;
    r.in_flight = 1 + i % 7;
    if (joules) r.joules = 1.1;
    if (i == 50) r.error = "http_503";
    row.run.records.push_back(r);
    row.run.timeline.Add(r.finished);
  }
  row.run.wall = Seconds(100 / rate + 1);
  if (joules) row.run.energy_methods = {"modelled"};
  row.score = Score(row.run, slo);
  return row;
}

LoadReport MakeReport(bool joules) {
  LoadReport report{.slo = {.ttft = Seconds(0.15)}};
  report.settings["url"] = "http://a/<script>";
  report.rows.push_back(MakeRow(10, report.slo, joules));
  return report;
}

TEST(LoadReportTest, JsonHasRowsWithEveryNumber) {
  const auto json = LoadJson(MakeReport(true));
  EXPECT_EQ(json["url"], "http://a/<script>");
  ASSERT_EQ(json["rows"].size(), 1u);
  const auto& row = json["rows"][0];
  EXPECT_EQ(row["sent"], 100);
  EXPECT_EQ(row["failed"], 1);
  EXPECT_EQ(row["errors"]["http_503"], 1);
  EXPECT_NEAR(row["ttft_ms"]["p50"]["value"].get<double>(), 149, 1.01);
  EXPECT_LE(row["ttft_ms"]["p50"]["low"], row["ttft_ms"]["p50"]["value"]);
  EXPECT_NEAR(row["tpot_ms"]["mean"].get<double>(), 30, 1e-6);
  EXPECT_NEAR(row["joules_per_output_token"].get<double>(), 0.1, 1e-9);
  EXPECT_EQ(row["energy_method"], "modelled");
  EXPECT_EQ(row["concurrency"], nullptr);
  EXPECT_FALSE(json.contains("highest_rate_within_slo"));
}

TEST(LoadReportTest, WhatIsUnknownIsNull) {
  LoadReport report = MakeReport(false);
  report.slo = {};
  const auto json = LoadJson(report);
  const auto& row = json["rows"][0];
  for (const char* key : {"joules", "joules_per_output_token", "energy_method",
                          "goodput_requests_per_second", "slo_attainment"}) {
    EXPECT_EQ(row[key], nullptr) << key;
  }
}

TEST(LoadReportTest, TextNamesErrorsAndMethod) {
  const LoadReport report = MakeReport(true);
  const std::string text = RowText(report.rows[0], report.slo);
  EXPECT_THAT(text,
              HasSubstr("10 requests/s: 100 sent, 100 counted, 1 failed"));
  EXPECT_THAT(text, HasSubstr("0.1 J/token, modelled"));
  EXPECT_THAT(text, HasSubstr("error http_503: 1\n"));
}

TEST(LoadReportTest, WhatIsOddAboutARunIsSaid) {
  const Slo slo;
  LoadRow row = MakeRow(10, slo, false);
  EXPECT_TRUE(Remarks(row).empty());
  row.run.interrupted = true;
  row.run.wall_clock_jump = Seconds(-100);
  row.run.longest_stall = Seconds(0.5);
  row.run.reconnects = 3;
  row.score.without_usage = 7;
  row.score.joined_tokens = 4;
  const std::string text = RowText(row, slo);
  LoadReport report;
  report.rows.push_back(row);
  const std::string html = LoadHtml(report);
  for (const char* remark :
       {"a signal ended the load after 11 s", "the wall clock jumped by -100 s",
        "the tester itself stood still", "3 kept connections had been closed",
        "7 replies told no usage",
        "4 of 1089 tokens had no part of their own"}) {
    EXPECT_THAT(text, HasSubstr(remark));
    EXPECT_THAT(html, HasSubstr(remark));
  }
}

TEST(LoadReportTest, ThePageNeedsNothingElse) {
  LoadReport report = MakeReport(true);
  report.rows.push_back(MakeRow(20, report.slo, true));
  report.is_sweep = true;
  report.best_rate = 20;
  const std::string html = LoadHtml(report);
  for (const char* outside : {"<script", "<link", "src=", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("highest rate within the SLO: 20 requests/s"));
  for (const char* plot : {"Latency, from when", "Pace of a reply",
                           "Throughput over time", "Energy against load",
                           "Latency against load", "Goodput against load"}) {
    EXPECT_THAT(html, HasSubstr(plot));
  }
  EXPECT_THAT(html, HasSubstr("http_503: 1"));
}

TEST(LoadReportTest, APageOfFailuresAloneIsAPageToo) {
  LoadReport report;
  LoadRow row{.concurrency = 2};
  row.run.records.push_back({.error = "connect_refused"});
  row.score = Score(row.run, {});
  report.rows.push_back(row);
  const std::string html = LoadHtml(report);
  EXPECT_THAT(html, HasSubstr("connect_refused: 1"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(LoadReportTest, CdfKeepsItsEnds) {
  const auto points = CdfPoints({5, 1, 4, 2, 3}, 3);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].x, 1);
  EXPECT_DOUBLE_EQ(points[0].y, 0.2);
  EXPECT_EQ(points[2].x, 5);
  EXPECT_DOUBLE_EQ(points[2].y, 1);
  EXPECT_TRUE(CdfPoints({}, 3).empty());
  EXPECT_EQ(CdfPoints({7}, 3).size(), 1u);
}

}  // namespace
}  // namespace mj
