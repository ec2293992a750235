#include "server/health.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

EngineStats Stats(int running, uint64_t progress) {
  EngineStats stats;
  stats.running = running;
  stats.progress = progress;
  return stats;
}

TEST(HealthTest, IsBadOnlyWhereWorkWaitsWithoutProgress) {
  Health health;
  EXPECT_TRUE(health.Healthy(Stats(0, 5), Seconds(0)));
  EXPECT_TRUE(health.Healthy(Stats(1, 5), Seconds(3600)))
      << "an idle hour is no lack of progress";
  EXPECT_TRUE(health.Healthy(Stats(1, 5), Seconds(3629)));
  EXPECT_FALSE(health.Healthy(Stats(1, 5), Seconds(3631)));
  EXPECT_TRUE(health.Healthy(Stats(1, 6), Seconds(3632))) << "it got on";
  EXPECT_FALSE(health.Healthy(Stats(1, 6), Seconds(3663)));
  EXPECT_TRUE(health.Healthy(Stats(0, 6), Seconds(3664))) << "no work is left";
}

TEST(HealthTest, ALongStepThatGetsOnIsWell) {
  Health health;
  EngineStats stats = Stats(1, 5);
  for (int second = 0; second < 300; second += 20) {
    ++stats.progress;
    EXPECT_TRUE(health.Healthy(stats, Seconds(second)));
  }
  EXPECT_FALSE(health.Healthy(stats, Seconds(320)));
}

}  // namespace
}  // namespace mj
