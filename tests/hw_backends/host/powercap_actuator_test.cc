#include "hw_backends/host/powercap_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::HasSubstr;

const std::string kZones = "sys/class/powercap/intel-rapl:";

SysfsActuator<Watts> Make(MadeSysfs& host) {
  const auto plan = PlanPowercap(host);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return {host, plan->info, plan->plan,
          ReadOriginals(host, plan->plan).value()};
}

TEST(PowercapActuatorTest, OneCapForAllPackages) {
  MadeSysfs host;
  MakePackage(0, 100000000, host);
  MakePackage(1, 100000000, host);
  host.Make(kZones + "0:0/name", "core");
  host.Make("sys/class/powercap/intel-rapl:2/name", "psys");
  host.Make("sys/class/powercap/intel-rapl-mmio:0/name", "package-0");
  SysfsActuator<Watts> cap = Make(host);
  EXPECT_EQ(cap.info().low, Watts(50)) << "a quarter, by assumption";
  EXPECT_EQ(cap.info().high, Watts(200)) << "the limit found";
  EXPECT_EQ(cap.Set(Watts(130)).value(), Watts(130));
  for (const char* zone : {"0", "1"}) {
    EXPECT_EQ(host.Text(kZones + zone + "/constraint_1_power_limit_uw"),
              "65000000");
    EXPECT_EQ(host.Text(kZones + zone + "/constraint_0_power_limit_uw"),
              "250000000")
        << "the short-term limit is not ours";
  }
  EXPECT_EQ(cap.Read()->setting, Watts(130));
  EXPECT_TRUE(absl::IsInvalidArgument(cap.Set(Watts(201)).status()));
  ASSERT_TRUE(cap.Restore().ok());
  EXPECT_EQ(host.Text(kZones + "1/constraint_1_power_limit_uw"), "100000000");
}

TEST(PowercapActuatorTest, TheConstraintsOwnRangeCounts) {
  MadeSysfs host;
  MakePackage(0, 400000000, host);
  host.Make(kZones + "0/constraint_1_max_power_uw", "95000000");
  host.Make(kZones + "0/constraint_1_min_power_uw", "40000000");
  const auto plan = PlanPowercap(host);
  EXPECT_EQ(plan->info.low, Watts(40));
  EXPECT_EQ(plan->info.high, Watts(95));
}

TEST(PowercapActuatorTest, ADisabledLimitIsEnabledAndDisabledAgain) {
  MadeSysfs host;
  MakePackage(0, 100000000, host);
  host.Make(kZones + "0/enabled", "0");
  SysfsActuator<Watts> cap = Make(host);
  ASSERT_TRUE(cap.Set(Watts(60)).ok());
  EXPECT_EQ(host.Text(kZones + "0/enabled"), "1");
  ASSERT_TRUE(cap.Restore().ok());
  EXPECT_EQ(host.Text(kZones + "0/enabled"), "0");
}

TEST(PowercapActuatorTest, SaysWhyThereIsNone) {
  MadeSysfs host;
  EXPECT_TRUE(absl::IsNotFound(PlanPowercap(host).status()));
  host.Make(kZones + "0/name", "package-0");
  EXPECT_THAT(std::string(PlanPowercap(host).status().message()),
              HasSubstr("no constraint named long_term"));
  MakePackage(0, 0, host);
  EXPECT_TRUE(absl::IsFailedPrecondition(PlanPowercap(host).status()));
}

}  // namespace
}  // namespace mj
