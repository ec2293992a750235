// Whose clock a governor sets, and what it says where there is none to set:
// with the real helper on a made tree.
#include "engine/governor_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct NeedsCase {
  const char* name;
  GovernorPolicy policy;
  bool ttft, tpot, fixed;
  const char* error;  // empty: fine
};

constexpr NeedsCase kNeedsCases[] = {
    {"energy", GovernorPolicy::kEnergy, true, true, false, ""},
    {"energy without TPOT", GovernorPolicy::kEnergy, true, false, false,
     "--governor energy needs --slo-ttft-ms and --slo-tpot-ms"},
    {"throttle without TTFT", GovernorPolicy::kThrottle, false, true, false,
     "--governor throttle needs"},
    {"lowest-feasible without", GovernorPolicy::kLowestFeasible, false, false,
     false, "--governor lowest-feasible needs"},
    {"fmax needs none", GovernorPolicy::kFmax, false, false, false, ""},
    {"a cap may come later", GovernorPolicy::kPowerCap, false, false, false,
     ""},
    {"fixed", GovernorPolicy::kFixed, false, false, true, ""},
    {"fixed without a clock", GovernorPolicy::kFixed, false, false, false,
     "--governor fixed needs --frequency-mhz"},
    {"a clock for another", GovernorPolicy::kFmax, false, false, true,
     "--frequency-mhz is for --governor fixed, not for fmax"},
};

TEST(CheckGovernorTest, SaysWhichFlagIsMissing) {
  for (const NeedsCase& c : kNeedsCases) {
    SCOPED_TRACE(c.name);
    GovernorOptions options;
    options.policy = c.policy;
    if (c.fixed) options.fixed_clock = Hertz(2e9);
    SloTargets targets;
    if (c.ttft) targets.ttft = Seconds(1);
    if (c.tpot) targets.tpot = Seconds(1);
    const absl::Status status = CheckGovernor(options, targets);
    EXPECT_EQ(status.ok(), *c.error == '\0') << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.error));
  }
}

class OpenGovernorTest : public testing::Test {
 protected:
  OpenGovernorTest() {
    for (int number : {0, 1}) MakePolicy(number, {}, host_);
    options_.helper = {.program = MJ_ACTUATOR_HELPER,
                       .root = host_.root(),
                       .run_folder = host_.root() + "/run"};
    const auto cpus = CompiledCpuDescriptors();
    cpu_ = {ChooseDescriptor(*cpus, CpuIdentity()), "", {2, 2}, "bf16"};
  }

  absl::StatusOr<GovernorSetup> Open() {
    return OpenGovernor(options_, cpu_, clock_);
  }
  std::string WhyAdvisory() {
    const absl::StatusOr<GovernorSetup> setup = Open();
    EXPECT_TRUE(setup.ok()) << setup.status();
    EXPECT_FALSE(setup->clock.has_value());
    EXPECT_THAT(
        DescribeGovernor(*setup),
        AllOf(HasSubstr("is advisory"), HasSubstr(setup->why_advisory)));
    EXPECT_FALSE(setup->platform.clocks.empty()) << "decisions go on";
    return setup->why_advisory;
  }

  MadeSysfs host_;
  SteadyClock clock_;
  GovernedCpu cpu_;
  GovernorOptions options_;
};

TEST_F(OpenGovernorTest, TakesTheCpusClockAndWritesNothing) {
  const auto setup = Open();
  ASSERT_TRUE(setup.ok()) << setup.status();
  ASSERT_TRUE(setup->clock.has_value()) << setup->why_advisory;
  EXPECT_EQ(setup->platform.clocks.front(), Hertz(0.8e9));
  EXPECT_EQ(setup->platform.clocks.back(), Hertz(3.6e9));
  EXPECT_EQ(host_.Text(PolicyFile(0, "scaling_max_freq")), "3600000");
  EXPECT_THAT(DescribeGovernor(*setup),
              HasSubstr("governor fmax sets the clock, 800 MHz to 3600 MHz, 29 "
                        "clocks (cpufreq: acpi-cpufreq, scaling limits)"));
}

TEST_F(OpenGovernorTest, AFixedClockIsOneOfThemOrRefused) {
  options_.policy = GovernorPolicy::kFixed;
  options_.fixed_clock = Hertz(1.22e9);
  auto setup = Open();
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->platform.clocks[setup->fixed_clock], Hertz(1.2e9));
  setup = absl::UnavailableError("");  // ends the lease
  options_.fixed_clock = Hertz(5e9);
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("--frequency-mhz: the frequency is 5000 MHz"),
                    HasSubstr("from 800 to 3600 MHz")));
}

TEST_F(OpenGovernorTest, ASecondServerIsToldWhoHasTheClock) {
  const auto first = Open();
  ASSERT_TRUE(first.ok() && first->clock);
  EXPECT_THAT(WhyAdvisory(), HasSubstr(absl::StrCat("process ", getpid())));
}

TEST_F(OpenGovernorTest, AHostWithoutClocksSaysWhatIsLacking) {
  host_.Remove("sys");
  EXPECT_THAT(WhyAdvisory(), AllOf(HasSubstr("cpu_frequency_control: "),
                                   HasSubstr("the hypervisor owns the clock")));
}

TEST_F(OpenGovernorTest, TakesThePackagesToo) {
  MakePackage(0, 100000000, host_);
  const auto setup = Open();
  ASSERT_TRUE(setup.ok() && setup->clock);
  ASSERT_TRUE(setup->packages.limit.has_value()) << setup->packages.why_not;
  EXPECT_EQ(setup->packages.limit->actuator->info().high, Watts(100));
  EXPECT_THAT(DescribePackages(*setup),
              HasSubstr("a power cap also limits the packages, 25 W to 100 W "
                        "(powercap: intel-rapl"));
}

TEST_F(OpenGovernorTest, AHostWithoutPackagesSaysWhatIsLacking) {
  const auto setup = Open();
  ASSERT_TRUE(setup.ok() && setup->clock);
  EXPECT_FALSE(setup->packages.limit.has_value());
  EXPECT_EQ(setup->why_advisory, "");
  EXPECT_THAT(DescribePackages(*setup),
              AllOf(HasSubstr("leaves the packages' own limit alone"),
                    HasSubstr("power_cap_control: "),
                    HasSubstr("no package zone of intel-rapl")));
}

TEST_F(OpenGovernorTest, PackagesThatOthersUseAreLeftAlone) {
  MakePackage(0, 100000000, host_);
  cpu_.caps_packages = false;
  const auto setup = Open();
  ASSERT_TRUE(setup.ok() && setup->clock);
  EXPECT_FALSE(setup->packages.limit.has_value());
  EXPECT_THAT(DescribePackages(*setup), HasSubstr("others use the rest"));
}

// Something can be controlled, but not what this backend runs on.
TEST_F(OpenGovernorTest, AHostWithoutTheCpusClockSaysSo) {
  host_.Remove("sys/devices");
  MakePackage(0, 100000000, host_);
  EXPECT_THAT(WhyAdvisory(), HasSubstr("cpu_frequency_control: "));
  EXPECT_THAT(WhyAdvisory(), HasSubstr("the hypervisor owns the clock"))
      << "the lease was given back";
}

TEST_F(OpenGovernorTest, AHelperThatIsNotThereIsNamed) {
  options_.helper.program = "/no/such/helper";
  EXPECT_THAT(WhyAdvisory(), HasSubstr("/no/such/helper"));
  options_.socket = host_.root() + "/nobody";
  EXPECT_THAT(WhyAdvisory(), HasSubstr("/nobody"));
}

}  // namespace
}  // namespace mj
