#include "hw_backends/models/serving_rate.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(ServingRateTest, UsersInFlightOverLatency) {
  const ServingPoint point{.instances = 3,
                           .users = 28,
                           .latency = Seconds(2.8e-3),
                           .power = Watts(30e3)};
  EXPECT_NEAR(TokensPerSecond(point), 30000, 1e-6);
  EXPECT_NEAR(JoulesPerToken(point).value(), 1, 1e-9);
}

}  // namespace
}  // namespace mj
