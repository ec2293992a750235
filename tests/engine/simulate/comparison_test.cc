#include "engine/simulate/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mj {
namespace {

absl::StatusOr<Scenario> SmallScenario() {
  ScenarioWords words;
  words.platform = "a100-80g";
  words.model_shape = "llama-3.1-8b";
  words.trace = "poisson:2";
  words.prompt_tokens = "lognormal:400:1";
  words.output_tokens = "lognormal:60:0.7";
  words.max_requests = 120;
  words.slo_ttft_ms = 800;
  words.slo_tpot_ms = 50;
  return MakeScenario(words);
}

TEST(ComparisonTest, TheOracleIsUnderEveryPolicy) {
  const auto scenario = SmallScenario();
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  const Comparison all = Compare(*scenario, GovernorPolicy::kPowerCap);
  std::vector<std::string> names;
  for (const PolicyRun& run : all.runs) {
    names.push_back(run.governor);
    EXPECT_LE(all.oracle, run.outcome.energy) << run.governor;
    EXPECT_TRUE(run.result.schedule.empty()) << "schedules are not kept";
  }
  EXPECT_THAT(names, testing::ElementsAre("fmax", "gated-static",
                                          "lowest-feasible", "throttle",
                                          "energy", "powercap", "best-static"));
  EXPECT_LE(all.lower_bound, all.oracle);
}

TEST(ComparisonTest, BestStaticLosesNoAttainmentAndNoStaticClockIsBetter) {
  const auto scenario = SmallScenario();
  ASSERT_TRUE(scenario.ok());
  const int full = scenario->model.full_clock();
  const PolicyRun fmax =
      RunPolicy(*scenario, GovernorPolicy::kFmax, full, false);
  const PolicyRun best = RunBestStatic(*scenario, fmax, false);
  const auto equals = [&](const PolicyRun& run) {
    return run.outcome.ttft_attainment >=
               fmax.outcome.ttft_attainment - kEqualAttainment &&
           run.outcome.tpot_attainment >=
               fmax.outcome.tpot_attainment - kEqualAttainment;
  };
  EXPECT_TRUE(equals(best));
  for (int clock = 0; clock <= full; ++clock) {
    const PolicyRun run =
        RunPolicy(*scenario, GovernorPolicy::kFixed, clock, false);
    if (equals(run)) {
      EXPECT_LE(best.outcome.energy.value(),
                run.outcome.energy.value() * 1.001);
    }
  }
}

}  // namespace
}  // namespace mj
