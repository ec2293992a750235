#include "hw_backends/host/intel_pstate_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::HasSubstr;

const std::string kDriver = "sys/devices/system/cpu/intel_pstate/";

class IntelPstateTest : public testing::Test {
 protected:
  IntelPstateTest() {
    for (int number : {0, 1}) MakePolicy(number, policy_, host_);
    host_.Make(kDriver + "status", "active");
    host_.Make(kDriver + "no_turbo", "0");
    host_.Make(kDriver + "min_perf_pct", "20");
    host_.Make(kDriver + "max_perf_pct", "100");
  }

  absl::StatusOr<CpuFrequencyPlan> Plan() const {
    return PlanIntelPstate(host_, ReadCpuPolicies(host_).value());
  }
  SysfsActuator<Hertz> Make() {
    const auto plan = Plan();
    EXPECT_TRUE(plan.ok()) << plan.status();
    return {host_, plan->info, plan->plan,
            ReadOriginals(host_, plan->plan).value()};
  }

  const MadePolicy policy_{.driver = "intel_pstate",
                           .governor = "powersave",
                           .low = 800000,
                           .high = 4000000,
                           .hardware_high = 4000000};
  MadeSysfs host_;
};

TEST_F(IntelPstateTest, TwoPercentagesSetAllCores) {
  SysfsActuator<Hertz> clock = Make();
  EXPECT_EQ(clock.Set(Hertz(2.01e9)).value(), Hertz(2e9))
      << "a hundredth of 4 GHz is 40 MHz";
  EXPECT_EQ(host_.Text(kDriver + "min_perf_pct"), "50");
  EXPECT_EQ(host_.Text(kDriver + "max_perf_pct"), "50");
  EXPECT_EQ(host_.writes.size(), 2u);
  ASSERT_TRUE(clock.Restore().ok());
  EXPECT_EQ(host_.Text(kDriver + "min_perf_pct"), "20");
  EXPECT_EQ(host_.Text(kDriver + "max_perf_pct"), "100");
}

TEST_F(IntelPstateTest, NoLooserThanThePercentagesFound) {
  host_.Make(kDriver + "min_perf_pct", "30");
  host_.Make(kDriver + "max_perf_pct", "90");
  const auto plan = Plan();
  EXPECT_EQ(plan->info.low, Hertz(1.2e9));
  EXPECT_EQ(plan->info.high, Hertz(3.6e9));
  host_.Make(kDriver + "min_perf_pct", "90");
  EXPECT_THAT(std::string(Plan().status().message()),
              HasSubstr("min_perf_pct is 90"));
}

TEST_F(IntelPstateTest, PolicyLimitsWherePercentagesSayNothingCommon) {
  const auto uses_limits = [&] {
    return Plan()->plan.knobs.size() == 2 &&
           Plan()->plan.knobs[1].ceiling == PolicyFile(1, "scaling_max_freq");
  };
  EXPECT_FALSE(uses_limits());
  host_.Make(kDriver + "no_turbo", "1");
  EXPECT_TRUE(uses_limits()) << "turbo is off";
  host_.Make(kDriver + "no_turbo", "0");
  host_.Make(PolicyFile(1, "cpuinfo_max_freq"), "3000000");
  EXPECT_TRUE(uses_limits()) << "unequal cores";
  host_.Make(PolicyFile(1, "cpuinfo_max_freq"), "4000000");
  host_.Remove(kDriver + "max_perf_pct");
  EXPECT_TRUE(uses_limits()) << "per-CPU limits";
  SysfsActuator<Hertz> clock = Make();
  EXPECT_EQ(clock.Set(Hertz(2.01e9)).value(), Hertz(2.01e9));
  EXPECT_EQ(host_.Text(PolicyFile(1, "scaling_min_freq")), "2010000");
}

TEST_F(IntelPstateTest, OnlyInItsActiveMode) {
  SysfsActuator<Hertz> clock = Make();
  ASSERT_TRUE(clock.Set(Hertz(2e9)).ok());
  // The mode switch itself resets all limits.
  host_.Make(kDriver + "status", "passive");
  host_.Make(kDriver + "max_perf_pct", "100");
  EXPECT_TRUE(absl::IsFailedPrecondition(clock.Set(Hertz(1e9)).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Plan().status()));
  EXPECT_EQ(host_.Text(kDriver + "max_perf_pct"), "100");
}

}  // namespace
}  // namespace mj
