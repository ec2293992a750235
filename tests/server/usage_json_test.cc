#include "server/openai/usage_json.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

Usage MakeUsage(int tokens, std::optional<int> early) {
  Usage usage;
  usage.completion_tokens = tokens;
  if (early) usage.depth = DepthReport{*early, "abc"};
  return usage;
}

TEST(UsageJsonTest, AdaptiveDepthIsToldWhereItWasPossible) {
  EXPECT_FALSE(UsageJson(MakeUsage(8, {}))["energy"].contains("quality"));
  const Json quality = UsageJson(MakeUsage(8, 6))["energy"]["quality"];
  EXPECT_EQ(quality, Json::parse(R"({"mode":"adaptive","early_tokens":6,
                                     "early_share":0.75,"exit_head":"abc"})"));
  EXPECT_EQ(UsageJson(MakeUsage(0, 0))["energy"]["quality"]["early_share"],
            0.0);
}

TEST(UsageJsonTest, WhoCouldNotLeaveIsToldWhy) {
  Usage usage = MakeUsage(8, 0);
  usage.depth->whole_because = "sampling";
  EXPECT_EQ(UsageJson(usage)["energy"]["quality"]["whole_because"], "sampling");
}

TEST(UsageJsonTest, EarlyTokensOfSeveralRequestsAddUp) {
  Usage sum;
  AddUsage(MakeUsage(8, 6), sum);
  AddUsage(MakeUsage(4, {}), sum);
  AddUsage(MakeUsage(8, 1), sum);
  const Json quality = UsageJson(sum)["energy"]["quality"];
  EXPECT_EQ(quality["early_tokens"], 7);
  EXPECT_DOUBLE_EQ(quality["early_share"], 0.35);
}

TEST(UsageJsonTest, ADevicesSecondsAreToldWhereThereIsOne) {
  Usage none, one, two;
  EXPECT_FALSE(UsageJson(none)["energy"].contains("device_seconds"));
  one.energy.device_time = Seconds(1.5);
  two.energy.device_time = Seconds(0.25);
  AddUsage(one, none);
  AddUsage(two, none);
  EXPECT_EQ(UsageJson(none)["energy"]["device_seconds"], 1.75);
}

}  // namespace
}  // namespace mj
