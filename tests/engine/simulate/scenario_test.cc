#include "engine/simulate/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

using testing::HasSubstr;

ScenarioWords Words() {
  ScenarioWords words;
  words.platform = "a100-80g";
  words.model_shape = "llama-3.1-8b";
  words.trace = "poisson:2";
  words.slo_ttft_ms = 800;
  words.slo_tpot_ms = 50;
  return words;
}

TEST(ScenarioTest, PutsTheWordsTogether) {
  ScenarioWords words = Words();
  words.switch_ms = 200;
  words.max_requests = 7;
  const auto scenario = MakeScenario(words);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->trace.size(), 7u);
  EXPECT_EQ(scenario->trace[0].prompt_tokens, 512);
  EXPECT_EQ(scenario->trace[0].output_tokens, 128);
  EXPECT_EQ(scenario->options.device.switch_latency, Seconds(0.2));
  EXPECT_EQ(scenario->options.limits.slo_ttft, Seconds(0.8));
  // 72 GB less 16 of weights, 4 MiB a block.
  EXPECT_NEAR(scenario->options.num_blocks, (72e9 - 16.06e9) / (32 * 131072),
              10);
  EXPECT_EQ(scenario->options.max_model_len, 131072);
}

TEST(ScenarioTest, AModelFileIsKnownByItsFingerprint) {
  ScenarioWords words = Words();
  EXPECT_EQ(MakeScenario(words)->served.fingerprint, "");
  words.model_shape = MJ_SOURCE_DIR "/tests/data/tiny/qwen2.gguf";
  words.slo_ttft_ms = 1e6;
  const auto scenario = MakeScenario(words);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->served.fingerprint.size(), 64u);
}

struct BadWords {
  const char* name;
  std::string ScenarioWords::*word;
  const char* value;
  const char* message;
};

TEST(ScenarioTest, BadWordsAreNamed) {
  constexpr BadWords kCases[] = {
      {"platform", &ScenarioWords::platform, "tpu", "known: a100-80g"},
      {"shape", &ScenarioWords::model_shape, "llama",
       "known: llama-2-7b, llama-3.1-70b"},
      {"no such file", &ScenarioWords::model_shape, "/none/x.gguf",
       "/none/x.gguf"},
      {"no such trace", &ScenarioWords::trace, "/none/t.csv", "/none/t.csv"},
      {"rate of 0", &ScenarioWords::trace, "poisson:0", "poisson:0"},
      {"rate of eternity", &ScenarioWords::trace, "poisson:1e-300",
       "at most 1e+13 s"},
      {"no rate", &ScenarioWords::trace, "poisson:", "poisson:"},
      {"prompt", &ScenarioWords::prompt_tokens, "0", "prompt-tokens: '0'"},
      {"output", &ScenarioWords::output_tokens, "x", "output-tokens: 'x'"},
      {"fault", &ScenarioWords::actuator_fault, "lost", "dead, stuck, slow"},
  };
  for (const BadWords& c : kCases) {
    SCOPED_TRACE(c.name);
    ScenarioWords words = Words();
    words.*c.word = c.value;
    const auto scenario = MakeScenario(words);
    ASSERT_FALSE(scenario.ok());
    EXPECT_THAT(std::string(scenario.status().message()), HasSubstr(c.message));
  }
}

struct BadNumber {
  double ScenarioWords::*number;
  double value;
  const char* message;
};

TEST(ScenarioTest, BadNumbersAreNamed) {
  constexpr BadNumber kCases[] = {
      {&ScenarioWords::slo_ttft_ms, 0, "slo-ttft-ms is 0; it must be positive"},
      {&ScenarioWords::slo_tpot_ms, 0, "slo-tpot-ms is 0"},
      {&ScenarioWords::scale, 0, "scale is 0"},
      {&ScenarioWords::predictor_bias, -1, "predictor-bias is -1"},
      {&ScenarioWords::latency_noise, 3, "latency-noise is 3"},
      {&ScenarioWords::power_cap_watts, -5, "power-cap-watts is -5"},
  };
  for (const BadNumber& c : kCases) {
    SCOPED_TRACE(c.message);
    ScenarioWords words = Words();
    words.*c.number = c.value;
    EXPECT_THAT(std::string(MakeScenario(words).status().message()),
                HasSubstr(c.message));
  }
}

TEST(ScenarioTest, WeightsMustFit) {
  ScenarioWords words = Words();
  words.model_shape = "llama-3.1-70b";
  EXPECT_EQ(MakeScenario(words)->model.num_devices(), 4);
  words.devices = 1;
  EXPECT_EQ(MakeScenario(words).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace mj
