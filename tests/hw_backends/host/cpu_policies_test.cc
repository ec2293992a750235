#include "hw_backends/host/cpu_policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CpuPoliciesTest, ReadsAllInTheOrderOfTheirNumbers) {
  MadeSysfs host;
  for (int number : {10, 0, 2}) MakePolicy(number, {}, host);
  host.Make("sys/devices/system/cpu/cpufreq/boost", "1");
  const auto policies = ReadCpuPolicies(host);
  ASSERT_TRUE(policies.ok()) << policies.status();
  ASSERT_EQ(policies->size(), 3u);
  EXPECT_THAT((*policies)[1].folder, HasSubstr("policy2"));
  EXPECT_THAT((*policies)[2].folder, HasSubstr("policy10"));
  EXPECT_THAT((*policies)[0].governors,
              ElementsAre("performance", "schedutil"));
  EXPECT_EQ((*policies)[0].low, 800000);
}

TEST(CpuPoliciesTest, SaysWhyThereIsNone) {
  const MadeSysfs host;
  const absl::Status status = ReadCpuPolicies(host).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("hypervisor"));
}

TEST(CpuPoliciesTest, RefusesWhatItCannotUnderstand) {
  MadeSysfs host;
  MakePolicy(0, {}, host);
  MakePolicy(1, {.driver = "amd-pstate"}, host);
  EXPECT_THAT(std::string(ReadCpuPolicies(host).status().message()),
              HasSubstr("policies differ"));
  MakePolicy(1, {}, host);
  host.Make(PolicyFile(1, "scaling_min_freq"), "fast");
  EXPECT_THAT(std::string(ReadCpuPolicies(host).status().message()),
              HasSubstr("policy1/scaling_min_freq holds \"fast\""));
  host.Remove(PolicyFile(1, "scaling_min_freq"));
  EXPECT_FALSE(ReadCpuPolicies(host).ok());
}

TEST(CpuPoliciesTest, TheRangeIsWhatAllPoliciesSpan) {
  MadeSysfs host;
  MakePolicy(0, {.levels = "3600000 2400000 800000", .high = 3600000}, host);
  MakePolicy(1,
             {.levels = "2400000 1600000 800000 400000",
              .low = 400000,
              .high = 2400000},
             host);
  host.Make(PolicyFile(0, "amd_pstate_lowest_nonlinear_freq"), "1200000");
  const auto info =
      CpuFrequencyInfo(ReadCpuPolicies(host).value(), "name", "source");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->low, Hertz(4e8));
  EXPECT_EQ(info->high, Hertz(3.6e9));
  EXPECT_THAT(info->levels, ElementsAre(Hertz(8e8), Hertz(2.4e9)));
  EXPECT_EQ(info->most_efficient, Hertz(1.2e9));
}

TEST(CpuPoliciesTest, LevelsOutsideTheLimitsDoNotCount) {
  MadeSysfs host;
  MakePolicy(0, {.levels = "3600000 2400000 800000", .high = 2400000}, host);
  const auto policies = ReadCpuPolicies(host);
  EXPECT_THAT((*policies)[0].levels, ElementsAre(800000, 2400000));
}

TEST(CpuPoliciesTest, PinnedLimitsLeaveNothingToChoose) {
  MadeSysfs host;
  MakePolicy(0, {.low = 2000000, .high = 2000000}, host);
  const auto info =
      CpuFrequencyInfo(ReadCpuPolicies(host).value(), "name", "source");
  EXPECT_TRUE(absl::IsFailedPrecondition(info.status()));
  EXPECT_THAT(std::string(info.status().message()), HasSubstr("2000000 kHz"));
}

}  // namespace
}  // namespace mj
