#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace mj {
namespace {

using testing::HasSubstr;
using testing::Not;

EngineStats SomeStats() {
  EngineStats stats;
  stats.running = 3;
  stats.waiting = 2;
  stats.kv_blocks_total = 100;
  stats.kv_blocks_used = 25;
  stats.prompt_tokens = 7;
  stats.prefill = Joules(1.5);
  stats.energy_domain = "package+dram";
  stats.energy_method = "modelled";
  return stats;
}

Delta Last(int tokens) {
  Delta last;
  last.last = true;
  last.usage.prompt_tokens = 4;
  last.usage.completion_tokens = tokens;
  last.timings.queued = Seconds(0.1);
  last.timings.first_token = Seconds(0.3);
  last.timings.finished = Seconds(1.3);
  return last;
}

TEST(MetricsTest, StatsAppearUnderBothNames) {
  const Metrics metrics({.model = "m", .max_model_len = 8192});
  const std::string text = metrics.Text(SomeStats());
  for (const char* line :
       {"millijoule_requests_running{model_name=\"m\"} 3",
        "vllm:num_requests_running{model_name=\"m\",engine=\"0\"} 3",
        "vllm:num_requests_waiting{model_name=\"m\",engine=\"0\"} 2",
        "vllm:kv_cache_usage_perc{model_name=\"m\",engine=\"0\"} 0.25",
        "vllm:cache_config_info{block_size=\"32\",num_gpu_blocks=\"100\","
        "model_name=\"m\",engine=\"0\"} 1",
        "vllm:prompt_tokens_total{model_name=\"m\",engine=\"0\"} 7",
        "millijoule_energy_joules_total{domain=\"package+dram\","
        "phase=\"prefill\",method=\"modelled\",model_name=\"m\"} 1.5",
        "millijoule_energy_known{domain=\"package+dram\",method=\"modelled\","
        "model_name=\"m\"} 1",
        "millijoule_wasted_joules_total{reason=\"aborted\""}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, TheLedgersState) {
  EngineStats stats = SomeStats();
  EXPECT_THAT(Metrics({.model = "m", .max_model_len = 8192}).Text(stats),
              Not(HasSubstr("millijoule_ledger")));
  stats.ledger = LedgerState{.problem = absl::ResourceExhaustedError("full"),
                             .written = 5,
                             .waiting = 3,
                             .lost = 2};
  const std::string text =
      Metrics({.model = "m", .max_model_len = 8192}).Text(stats);
  for (const char* line :
       {"millijoule_ledger_up{model_name=\"m\"} 0",
        "millijoule_ledger_waiting_windows{model_name=\"m\"} 3",
        "millijoule_ledger_windows_total{outcome=\"written\","
        "model_name=\"m\"} 5",
        "millijoule_ledger_windows_total{outcome=\"lost\","
        "model_name=\"m\"} 2"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, UnknownEnergyIsLeftOutNotZero) {
  EngineStats stats = SomeStats();
  stats.energy_known = false;
  stats.energy_unknown_time = Seconds(61.5);
  const std::string text =
      Metrics({.model = "m", .max_model_len = 8192}).Text(stats);
  EXPECT_THAT(text, Not(HasSubstr("millijoule_energy_joules_total")));
  const std::string labels =
      "{domain=\"package+dram\",method=\"modelled\",model_name=\"m\"} ";
  EXPECT_THAT(text, HasSubstr("millijoule_energy_known" + labels + "0"));
  EXPECT_THAT(text, HasSubstr("millijoule_energy_unknown_seconds_total" +
                              labels + "61.5"));
}

TEST(MetricsTest, AFinishedRequestFeedsTheHistograms) {
  Metrics metrics({.model = "m", .max_model_len = 8192});
  metrics.ObserveFinished(Request(), Last(5), FinishReason::kLength);
  const std::string text = metrics.Text(SomeStats());
  for (const char* line :
       {"vllm:request_success_total{finished_reason=\"length\","
        "model_name=\"m\",engine=\"0\"} 1",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\","
        "engine=\"0\",le=\"0.5\"} 1",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\","
        "engine=\"0\",le=\"0.25\"} 0",
        "vllm:request_time_per_output_token_seconds_sum{model_name=\"m\","
        "engine=\"0\"} 0.25",
        "vllm:request_generation_tokens_count{model_name=\"m\","
        "engine=\"0\"} 1"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, RequestsEndForOneReasonEach) {
  const struct {
    absl::Status status;
    std::optional<FinishReason> finish;
    const char* reason;
  } kCases[] = {
      {absl::OkStatus(), FinishReason::kStop, "stop"},
      {absl::OkStatus(), FinishReason::kLength, "length"},
      {absl::CancelledError(""), std::nullopt, "abort"},
      {absl::DeadlineExceededError(""), std::nullopt, "abort"},
      {absl::InternalError(""), std::nullopt, "error"},
  };
  for (const auto& c : kCases) {
    Metrics metrics({.model = "m", .max_model_len = 8192});
    Delta last = Last(1);
    last.status = c.status;
    metrics.ObserveFinished(Request(), last, c.finish);
    EXPECT_THAT(metrics.Text(SomeStats()),
                HasSubstr(std::string("finished_reason=\"") + c.reason +
                          "\",model_name=\"m\"} 1"));
  }
}

// Each family once, with its type; each sample a legal line of the format.
TEST(MetricsTest, TextIsWellFormed) {
  Metrics metrics({.model = "name \"quoted\" \\ back", .max_model_len = 100});
  metrics.ObserveTokenGap(Seconds(0.01), 2);
  const std::regex sample(
      R"re([a-zA-Z_:][\w:]*(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? [-+\deE.]+(Inf|NaN)?)re");
  std::set<std::string> families;
  std::istringstream lines(metrics.Text(SomeStats()));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE ", 0) == 0) {
      EXPECT_TRUE(families.insert(line.substr(0, line.rfind(' '))).second)
          << line;
    } else if (line.rfind("# ", 0) != 0) {
      EXPECT_TRUE(std::regex_match(line, sample)) << line;
    }
  }
  EXPECT_GT(families.size(), 30u);
}

}  // namespace
}  // namespace mj
