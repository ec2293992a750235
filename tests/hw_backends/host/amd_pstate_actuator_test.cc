#include "hw_backends/host/amd_pstate_actuator.h"

#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

struct PreferenceCase {
  const char* name;
  const char* governor;
  const char* found;
  const char* set;  // while it is controlled
};
constexpr PreferenceCase kPreferenceCases[] = {
    // name                   governor       found                set
    {"named", "powersave", "balance_power", "performance"},
    {"a number", "powersave", "127", "performance"},
    {"already there", "powersave", "performance", "performance"},
    {"governor performance", "performance", "performance", "performance"},
};

TEST(AmdPstateActuatorTest, SetsLimitsAndPreferenceAndRestoresBoth) {
  for (const PreferenceCase& test : kPreferenceCases) {
    MadeSysfs host;
    const std::string preference =
        PolicyFile(0, "energy_performance_preference");
    MakePolicy(0,
               {.driver = "amd-pstate-epp",
                .governor = test.governor,
                .low = 400000,
                .high = 3700000},
               host);
    host.Make(preference, test.found);
    host.Make(PolicyFile(0, "amd_pstate_lowest_nonlinear_freq"), "1500000");
    host.driver = [&](const std::string& path,
                      const std::string& text) -> absl::StatusOr<std::string> {
      if (path == preference &&
          host.Text(PolicyFile(0, "scaling_governor")) == "performance") {
        return absl::FailedPreconditionError("Device or resource busy");
      }
      return text;
    };
    const auto plan = PlanAmdPstate(ReadCpuPolicies(host).value());
    ASSERT_TRUE(plan.ok()) << test.name << plan.status();
    EXPECT_EQ(plan->info.most_efficient, Hertz(1.5e9));
    SysfsActuator<Hertz> clock(host, plan->info, plan->plan,
                               ReadOriginals(host, plan->plan).value());
    EXPECT_EQ(clock.Set(Hertz(1.5e9)).value(), Hertz(1.5e9)) << test.name;
    EXPECT_EQ(host.Text(PolicyFile(0, "scaling_min_freq")), "1500000");
    EXPECT_EQ(host.Text(preference), test.set) << test.name;
    ASSERT_TRUE(clock.Restore().ok()) << test.name;
    EXPECT_EQ(host.Text(PolicyFile(0, "scaling_min_freq")), "400000");
    EXPECT_EQ(host.Text(preference), test.found) << test.name;
  }
}

}  // namespace
}  // namespace mj
