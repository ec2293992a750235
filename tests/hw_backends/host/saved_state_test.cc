#include "hw_backends/host/saved_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"
#include "tests/fakes/scripted_nvml.h"

namespace mj {
namespace {

using testing::HasSubstr;

const std::string kMax =
    "sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq";

SavedState State() {
  return {.boot = "b-1",
          .files = {{kMax, "3600000"},
                    {"sys/devices/system/cpu/cpufreq/policy0/"
                     "energy_performance_preference",
                     "balance_performance"},
                    {"sys/class/powercap/intel-rapl:0/"
                     "constraint_0_power_limit_uw",
                     "65000000"}},
          .gpus = {{"GPU-a", 400000}}};
}

TEST(SavedStateTest, ComesBackAsItWas) {
  for (const SavedState& state : {State(), SavedState{}}) {
    const auto parsed = ParseSavedState(FormatSavedState(state));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, state);
  }
}

TEST(SavedStateTest, CutAnywhereItIsRefused) {
  const std::string text = FormatSavedState(State());
  for (size_t size = 0; size + 5 < text.size(); ++size) {
    EXPECT_FALSE(ParseSavedState(text.substr(0, size)).ok()) << size;
  }
}

struct BadLine {
  const char* name;
  const char* line;
};
constexpr BadLine kBadLines[] = {
    {"any file", "file etc/passwd root"},
    {"a way out",
     "file sys/devices/system/cpu/cpufreq/policy0/../../../../../"
     "../etc/scaling_max_freq 1"},
    {"another file of a policy",
     "file sys/devices/system/cpu/cpufreq/policy0/affected_cpus 0"},
    {"another file of a zone", "file sys/class/powercap/intel-rapl:0/name x"},
    {"an absolute path",
     "file /sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq 1"},
    {"a GPU without a limit", "gpu GPU-a"},
    {"a negative limit", "gpu GPU-a -1"},
    {"an unknown word", "chmod 777"},
};

TEST(SavedStateTest, RefusesWhatNoActuatorWrites) {
  for (const BadLine& bad : kBadLines) {
    const absl::Status status =
        ParseSavedState(absl::StrCat("millijoule-actuator-state 1\nboot b\n",
                                     bad.line, "\nend\n"))
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bad.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 3")) << bad.name;
  }
}

class RestoreStateTest : public testing::Test {
 protected:
  RestoreStateTest() {
    host_.Make("proc/sys/kernel/random/boot_id", "b-1");
    host_.Make(kMax, "1200000");
  }
  MadeSysfs host_;
};

TEST_F(RestoreStateTest, RestoresFilesAndGpus) {
  ScriptedNvml nvml;
  const auto library = nvml.Load();
  nvml.gpus[0].locked = 210;
  nvml.gpus[0].limit = 100000;
  EXPECT_TRUE(RestoreState(host_, library.get(), State()).ok());
  EXPECT_EQ(host_.Text(kMax), "3600000");
  EXPECT_EQ(nvml.gpus[0].locked, std::nullopt);
  EXPECT_EQ(nvml.gpus[0].limit, 400000u);
}

TEST_F(RestoreStateTest, AnotherBootHasNothingToRestore) {
  host_.Make("proc/sys/kernel/random/boot_id", "b-2");
  EXPECT_TRUE(RestoreState(host_, nullptr, State()).ok());
  EXPECT_EQ(host_.Text(kMax), "1200000");
}

TEST_F(RestoreStateTest, WithoutNvmlTheFilesAreRestoredAndTheGpuIsNamed) {
  const absl::Status status = RestoreState(host_, nullptr, State());
  EXPECT_THAT(std::string(status.message()), HasSubstr("GPU-a"));
  EXPECT_EQ(host_.Text(kMax), "3600000");
}

}  // namespace
}  // namespace mj
