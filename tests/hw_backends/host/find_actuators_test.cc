#include "hw_backends/host/find_actuators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"
#include "tests/fakes/scripted_nvml.h"

namespace mj {
namespace {

using testing::HasSubstr;

absl::StatusOr<std::unique_ptr<NvmlLibrary>> NoNvml() {
  return absl::UnavailableError("NVML is not there");
}

const HostFact& Fact(const FoundActuators& found, const std::string& name) {
  for (const HostFact& fact : found.facts) {
    if (fact.name == name) return fact;
  }
  ADD_FAILURE() << "no fact " << name;
  return found.facts.front();
}

TEST(FindActuatorsTest, AnEmptyHostSaysWhyNothingCanBeControlled) {
  MadeSysfs host;
  const FoundActuators found = FindActuators(host, NoNvml(), true);
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(found.facts.size(), 3u);
  for (const HostFact& fact : found.facts) {
    EXPECT_FALSE(fact.present) << fact.name;
    EXPECT_FALSE(fact.detail.empty()) << fact.name;
  }
}

struct DriverCase {
  const char* driver;
  const char* want;  // the actuator's name
};
constexpr DriverCase kDriverCases[] = {
    {"acpi-cpufreq", "cpufreq"},      {"intel_cpufreq", "cpufreq"},
    {"amd-pstate", "cpufreq"},        {"cppc_cpufreq", "cpufreq"},
    {"intel_pstate", "intel_pstate"}, {"amd-pstate-epp", "amd_pstate"},
};

TEST(FindActuatorsTest, TheDriverDecides) {
  for (const DriverCase& test : kDriverCases) {
    MadeSysfs host;
    for (int i = 0; i < 4; ++i) MakePolicy(i, {.driver = test.driver}, host);
    host.Make("sys/devices/system/cpu/intel_pstate/status", "active");
    const FoundActuators found = FindActuators(host, NoNvml(), false);
    ASSERT_EQ(found.frequencies.size(), 1u)
        << test.driver << Fact(found, "cpu_frequency_control").detail;
    EXPECT_EQ(found.frequencies[0]->info().name, test.want) << test.driver;
    EXPECT_TRUE(Fact(found, "cpu_frequency_control").present);
    EXPECT_THAT(Fact(found, "cpu_frequency_control").detail,
                HasSubstr("800 MHz to 3600 MHz"));
    EXPECT_TRUE(host.writes.empty());
  }
}

TEST(FindActuatorsTest, SavesAllThatMayChange) {
  MadeSysfs host;
  ScriptedNvml nvml;
  MakePolicy(0, {}, host);
  MakePackage(0, 100000000, host);
  host.Make("proc/sys/kernel/random/boot_id", "b-1");
  const absl::StatusOr<std::unique_ptr<NvmlLibrary>> library = nvml.Load();
  const FoundActuators found = FindActuators(host, library, true);
  EXPECT_EQ(found.frequencies.size(), 3u) << "the CPU and two GPUs";
  EXPECT_EQ(found.power_caps.size(), 3u);
  EXPECT_EQ(found.original.boot, "b-1");
  EXPECT_EQ(found.original.files.size(), 3u) << "two limits and a cap";
  EXPECT_EQ(found.original.gpus.size(), 2u);
  EXPECT_TRUE(ParseSavedState(FormatSavedState(found.original)).ok())
      << "what is saved may be restored";
  for (const auto& clock : found.frequencies) {
    ASSERT_TRUE(clock->Set(clock->info().low).ok());
  }
  for (const auto& cap : found.power_caps) {
    ASSERT_TRUE(cap->Set(cap->info().low).ok());
  }
  ASSERT_TRUE(RestoreState(host, library->get(), found.original).ok());
  EXPECT_EQ(host.Text(PolicyFile(0, "scaling_min_freq")), "800000");
  EXPECT_EQ(host.Text(PolicyFile(0, "scaling_max_freq")), "3600000");
  EXPECT_EQ(nvml.gpus[1].limit, 400000u);
}

TEST(FindActuatorsTest, SaysWhatWouldMakeItSo) {
  MadeSysfs host;
  MakePolicy(0, {}, host);
  MakePackage(0, 100000000, host);
  host.refusals[PolicyFile(0, "scaling_min_freq")] =
      absl::PermissionDeniedError("writing scaling_min_freq");
  host.refusals
      ["sys/class/powercap/intel-rapl:0/"
       "constraint_1_power_limit_uw"] =
      absl::FailedPreconditionError("/sys is mounted read-only");
  ScriptedNvml nvml;
  const FoundActuators found = FindActuators(host, nvml.Load(), false);
  EXPECT_TRUE(found.empty());
  EXPECT_THAT(Fact(found, "cpu_frequency_control").detail,
              HasSubstr("root starts it"));
  EXPECT_THAT(Fact(found, "power_cap_control").detail,
              HasSubstr("--privileged"));
  EXPECT_THAT(Fact(found, "gpu_control").detail, HasSubstr("only root"));
}

TEST(FindActuatorsTest, TheFactsAloneNeedOnlyARoot) {
  const TempFolder folder;
  const std::vector<HostFact> facts =
      ReadActuatorFacts(folder.path(), NoNvml());
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].name, "cpu_frequency_control");
  EXPECT_EQ(facts[1].name, "power_cap_control");
  EXPECT_EQ(facts[2].name, "gpu_control");
}

}  // namespace
}  // namespace mj
