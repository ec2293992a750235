#include "hw_backends/actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace mj {
namespace {

using testing::HasSubstr;

TEST(ActuatorTest, AUnitIsAKind) {
  EXPECT_EQ(ActuatorInfo<Hertz>().kind(), ActuatorKind::kFrequency);
  EXPECT_EQ(ActuatorInfo<Watts>().kind(), ActuatorKind::kPowerCap);
  EXPECT_EQ(ActuatorKindName(ActuatorKind::kPowerCap), "power_cap");
}

TEST(ActuatorTest, TextsNameTheirUnit) {
  EXPECT_EQ(QuantityText(Hertz(2.4e9)), "2400 MHz");
  EXPECT_EQ(QuantityText(Watts(65)), "65 W");
}

TEST(ActuatorTest, ARangeRefusesWhatIsOutside) {
  const ActuatorInfo<Hertz> info{
      .name = "cpufreq", .low = Hertz(8e8), .high = Hertz(3.6e9)};
  EXPECT_TRUE(CheckRange(info, Hertz(8e8)).ok());
  EXPECT_TRUE(CheckRange(info, Hertz(3.6e9)).ok());
  for (double wrong :
       {0.0, 7.9e8, 5e9, -1.0, std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity()}) {
    const absl::Status status = CheckRange(info, Hertz(wrong));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << wrong;
    EXPECT_THAT(std::string(status.message()), HasSubstr("cpufreq: ")) << wrong;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("800 MHz to 3600 MHz"));
  }
}

TEST(ActuatorTest, AValueBecomesTheNextLevelAbove) {
  ActuatorInfo<Hertz> info;
  EXPECT_EQ(LevelFor(info, Hertz(7)), Hertz(7)) << "no levels, any value";
  info.levels = {Hertz(10), Hertz(20), Hertz(30)};
  EXPECT_EQ(LevelFor(info, Hertz(5)), Hertz(10));
  EXPECT_EQ(LevelFor(info, Hertz(20)), Hertz(20));
  EXPECT_EQ(LevelFor(info, Hertz(21)), Hertz(30));
  EXPECT_EQ(LevelFor(info, Hertz(31)), Hertz(30)) << "none is above";
}

}  // namespace
}  // namespace mj
