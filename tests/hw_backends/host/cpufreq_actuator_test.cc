#include "hw_backends/host/cpufreq_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SysfsActuator<Hertz> Make(MadeSysfs& host) {
  auto plan = PlanCpufreq(ReadCpuPolicies(host).value());
  EXPECT_TRUE(plan.ok()) << plan.status();
  auto originals = ReadOriginals(host, plan->plan);
  EXPECT_TRUE(originals.ok()) << originals.status();
  return {host, plan->info, plan->plan, *originals};
}

TEST(CpufreqActuatorTest, UserspaceWhereItIsOffered) {
  MadeSysfs host;
  const MadePolicy policy{.governors = "performance userspace schedutil",
                          .levels = "3600000 2400000 800000"};
  MakePolicy(0, policy, host);
  MakePolicy(4, policy, host);
  SysfsActuator<Hertz> clock = Make(host);
  EXPECT_THAT(clock.info().source, HasSubstr("governor userspace"));
  EXPECT_EQ(clock.Set(Hertz(1e9)).value(), Hertz(2.4e9)) << "the next level";
  for (int number : {0, 4}) {
    EXPECT_EQ(host.Text(PolicyFile(number, "scaling_governor")), "userspace");
    EXPECT_EQ(host.Text(PolicyFile(number, "scaling_setspeed")), "2400000");
    EXPECT_EQ(host.Text(PolicyFile(number, "scaling_min_freq")), "800000");
  }
  ASSERT_TRUE(clock.Restore().ok());
  EXPECT_EQ(host.Text(PolicyFile(4, "scaling_governor")), "schedutil");
}

TEST(CpufreqActuatorTest, ASpeedFoundUnderUserspaceIsRestored) {
  MadeSysfs host;
  MakePolicy(0, {.governor = "userspace", .governors = "userspace"}, host);
  host.Make(PolicyFile(0, "scaling_setspeed"), "1600000");
  SysfsActuator<Hertz> clock = Make(host);
  ASSERT_TRUE(clock.Set(Hertz(3e9)).ok());
  ASSERT_TRUE(clock.Restore().ok());
  EXPECT_EQ(host.Text(PolicyFile(0, "scaling_setspeed")), "1600000");
}

TEST(CpufreqActuatorTest, LimitsElsewhere) {
  MadeSysfs host;
  MakePolicy(0, {.governors = "userspace schedutil"}, host);
  MakePolicy(1, {}, host);  // does not offer it
  SysfsActuator<Hertz> clock = Make(host);
  EXPECT_THAT(clock.info().source, HasSubstr("scaling limits"));
  EXPECT_EQ(clock.Set(Hertz(1.2e9)).value(), Hertz(1.2e9));
  for (int number : {0, 1}) {
    EXPECT_EQ(host.Text(PolicyFile(number, "scaling_governor")), "schedutil");
    EXPECT_EQ(host.Text(PolicyFile(number, "scaling_min_freq")), "1200000");
    EXPECT_EQ(host.Text(PolicyFile(number, "scaling_max_freq")), "1200000");
  }
  const absl::Status outside = clock.Set(Hertz(4e9)).status();
  EXPECT_TRUE(absl::IsInvalidArgument(outside));
  EXPECT_THAT(std::string(outside.message()), HasSubstr("3600 MHz"));
}

}  // namespace
}  // namespace mj
