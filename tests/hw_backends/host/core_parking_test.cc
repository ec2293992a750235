#include "hw_backends/host/core_parking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace mj {
namespace {

using testing::ElementsAre;

TEST(CoreParkingTest, ParksAndRestores) {
  std::vector<int> used;
  CoreParking parking(4, [&](int threads) { used.push_back(threads); });
  EXPECT_EQ(parking.info().kind(), ActuatorKind::kThreads);
  EXPECT_EQ(parking.info().low, Threads(1));
  EXPECT_EQ(parking.info().high, Threads(4));
  EXPECT_EQ(parking.Set(Threads(2)).value(), Threads(2));
  EXPECT_EQ(parking.Set(Threads(2)).value(), Threads(2));
  EXPECT_EQ(parking.Read()->setting, Threads(2));
  ASSERT_TRUE(parking.Restore().ok());
  EXPECT_THAT(used, ElementsAre(2, 4)) << "what is set is not set again";
}

TEST(CoreParkingTest, RefusesWhatIsNoNumberOfItsThreads) {
  CoreParking parking(4, [](int) { FAIL() << "nothing was to be set"; });
  for (double wrong : {0.0, -1.0, 5.0, 1.5}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parking.Set(Threads(wrong)).status()))
        << wrong;
  }
  EXPECT_EQ(parking.Read()->setting, Threads(4));
}

}  // namespace
}  // namespace mj
