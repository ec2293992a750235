#include "hw_backends/host/helper/lease_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/fakes/made_sysfs.h"
#include "tests/fakes/scripted_nvml.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr LeaseDesk::Client kFirst{.connection = 1, .process = 101};
constexpr LeaseDesk::Client kSecond{.connection = 2, .process = 102};

class LeaseDeskTest : public testing::Test {
 protected:
  LeaseDeskTest() {
    MakePolicy(0, {}, host_);
    OpenDesk();
  }
  void OpenDesk() {
    desk_.reset();
    folder_.reset();
    auto folder = RunFolder::Open(host_.root() + "/run", Seconds(0));
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = std::make_unique<RunFolder>(*std::move(folder));
    desk_.emplace(host_, nvml_, *folder_, true, Seconds(5));
  }
  std::string Ask(const LeaseDesk::Client& client, const std::string& packet) {
    return desk_->Answer(client, packet);
  }
  std::string Max() const {
    return host_.Text(PolicyFile(0, "scaling_max_freq"));
  }
  bool HasState() const { return folder_->LoadState().value().has_value(); }

  MadeSysfs host_;
  LeaseDesk::Nvml nvml_ = absl::UnavailableError("NVML is not there");
  std::unique_ptr<RunFolder> folder_;
  std::optional<LeaseDesk> desk_;
};

TEST_F(LeaseDeskTest, OnlyTheHolderActs) {
  for (const char* packet :
       {"beat", "set cpufreq 1e9", "read cpufreq", "restore cpufreq", "end"}) {
    EXPECT_THAT(Ask(kFirst, packet), HasSubstr("no lease")) << packet;
  }
  EXPECT_THAT(Ask(kFirst, "lease"), StartsWith("ok 5\nfrequency\tcpufreq"));
  EXPECT_EQ(Ask(kFirst, "beat"), "ok ");
  EXPECT_EQ(Ask(kFirst, "set cpufreq 1200000000"), "ok 1200000000");
  EXPECT_EQ(Ask(kFirst, "read cpufreq"), "ok 1200000000 800000000");
  EXPECT_THAT(Ask(kSecond, "set cpufreq 2e9"), HasSubstr("no lease"));
  EXPECT_THAT(Ask(kSecond, "lease"), HasSubstr("leased to process 101"));
  EXPECT_THAT(Ask(kFirst, "lease"), HasSubstr("leased to process 101"));
  EXPECT_EQ(Max(), "1200000");
  EXPECT_EQ(Ask(kFirst, "end"), "ok ");
  EXPECT_EQ(Max(), "3600000");
  EXPECT_THAT(Ask(kSecond, "lease"), StartsWith("ok "));
}

TEST_F(LeaseDeskTest, TheStateIsSavedBeforeTheFirstWrite) {
  host_.driver = [&](const std::string&, const std::string& text) {
    EXPECT_TRUE(HasState());
    return text;
  };
  ASSERT_THAT(Ask(kFirst, "lease"), StartsWith("ok"));
  EXPECT_TRUE(host_.writes.empty());
  EXPECT_TRUE(HasState());
  ASSERT_THAT(Ask(kFirst, "set cpufreq 1200000000"), StartsWith("ok"));
  EXPECT_EQ(host_.writes.size(), 2u);
  ASSERT_TRUE(desk_->Leave(kFirst.connection).ok());
  EXPECT_FALSE(HasState());
  EXPECT_EQ(Max(), "3600000");
}

TEST_F(LeaseDeskTest, OnlyTheHoldersLeavingEndsTheLease) {
  ASSERT_THAT(Ask(kFirst, "lease"), StartsWith("ok"));
  ASSERT_THAT(Ask(kFirst, "set cpufreq 1200000000"), StartsWith("ok"));
  ASSERT_TRUE(desk_->Leave(kSecond.connection).ok());
  EXPECT_EQ(Max(), "1200000");
  desk_.reset();
  EXPECT_EQ(Max(), "3600000") << "so does the desk's own end";
}

TEST_F(LeaseDeskTest, RefusesWhatIsNotOffered) {
  ASSERT_THAT(Ask(kFirst, "lease"), StartsWith("ok"));
  EXPECT_THAT(Ask(kFirst, "set voltage 1"), HasSubstr("\"voltage\""));
  EXPECT_THAT(Ask(kFirst, "set cpufreq 9e9"),
              HasSubstr("9000 MHz is outside its range, 800 MHz to 3600 MHz"));
  EXPECT_THAT(Ask(kFirst, "write /etc/passwd x"),
              HasSubstr("cannot be understood"));
  EXPECT_TRUE(host_.writes.empty());
}

TEST_F(LeaseDeskTest, NoLeaseWhileSomethingIsNotRestored) {
  ASSERT_THAT(Ask(kFirst, "lease"), StartsWith("ok"));
  ASSERT_THAT(Ask(kFirst, "set cpufreq 1200000000"), StartsWith("ok"));
  host_.refusals[PolicyFile(0, "scaling_max_freq")] =
      absl::UnavailableError("writing scaling_max_freq");
  EXPECT_THAT(Ask(kFirst, "end"), HasSubstr("not restored"));
  EXPECT_TRUE(HasState());
  EXPECT_THAT(Ask(kSecond, "lease"), HasSubstr("which a helper left behind"));
  host_.refusals.clear();
  EXPECT_THAT(Ask(kSecond, "lease"), StartsWith("ok"));
  EXPECT_EQ(Max(), "3600000");
}

TEST_F(LeaseDeskTest, ANewDeskRestoresWhatAKilledOneLeft) {
  SavedState left{.files = {{PolicyFile(0, "scaling_max_freq"), "3600000"}}};
  host_.Make(PolicyFile(0, "scaling_max_freq"), "800000");
  ASSERT_TRUE(folder_->SaveState(FormatSavedState(left)).ok());
  EXPECT_TRUE(desk_->RestoreLeftOver().ok());
  EXPECT_EQ(Max(), "3600000");
  EXPECT_FALSE(HasState());
  ASSERT_TRUE(folder_->SaveState("scrap").ok());
  const absl::Status scrap = desk_->RestoreLeftOver();
  EXPECT_THAT(std::string(scrap.message()), HasSubstr("actuator.state"));
  EXPECT_TRUE(HasState()) << "nothing is thrown away";
}

TEST_F(LeaseDeskTest, ControlsGpusToo) {
  ScriptedNvml nvml;
  nvml_ = nvml.Load();
  EXPECT_THAT(Ask(kFirst, "lease"), HasSubstr("power_cap\tnvml:1:power"));
  EXPECT_EQ(Ask(kFirst, "set nvml:1:power 200"), "ok 200");
  EXPECT_EQ(Ask(kFirst, "set nvml:0:clock 1050000000"), "ok 1050000000");
  ASSERT_TRUE(desk_->Leave(kFirst.connection).ok());
  EXPECT_EQ(nvml.gpus[1].limit, 400000u);
  EXPECT_EQ(nvml.gpus[0].locked, std::nullopt);
  nvml_ = absl::UnavailableError("");  // before its script ends
}

}  // namespace
}  // namespace mj
