// With the real helper process on a made tree: whatever ends server or helper,
// the tree is as it was found.
#include "hw_backends/host/actuator_lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::HasSubstr;

// Looks until `holds`; a minute is for a machine that is busy elsewhere.
bool Eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 12000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

class ActuatorLeaseTest : public testing::Test {
 protected:
  ActuatorLeaseTest() {
    for (int number : {0, 1}) MakePolicy(number, {}, host_);
    MakePackage(0, 100000000, host_);
    options_ = {.program = MJ_ACTUATOR_HELPER,
                .root = host_.root(),
                .run_folder = host_.root() + "/run"};
  }

  absl::StatusOr<std::unique_ptr<ActuatorLease>> Start() const {
    return ActuatorLease::Start(options_, clock_);
  }
  std::unique_ptr<ActuatorLease> StartWell() const {
    auto lease = Start();
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease.ok() ? *std::move(lease) : nullptr;
  }
  static void Throttle(ActuatorLease& lease) {
    EXPECT_EQ(lease.frequencies().at(0)->Set(Hertz(1.2e9)).value(),
              Hertz(1.2e9));
    EXPECT_EQ(lease.power_caps().at(0)->Set(Watts(40)).value(), Watts(40));
  }
  std::string Max(int policy) const {
    return host_.Text(PolicyFile(policy, "scaling_max_freq"));
  }
  std::string Cap() const {
    return host_.Text(
        "sys/class/powercap/intel-rapl:0/constraint_1_power_limit_uw");
  }
  bool IsThrottled() const {
    return Max(1) == "1200000" && Cap() == "40000000";
  }
  bool IsAsFound() const {
    return Max(0) == "3600000" && Max(1) == "3600000" &&
           host_.Text(PolicyFile(1, "scaling_min_freq")) == "800000" &&
           Cap() == "100000000";
  }
  // The next lease, once Renew() has it.
  static bool TakesAgain(ActuatorLease& lease, int number) {
    return Eventually([&] {
      const absl::StatusOr<int> now = lease.Renew();
      return now.ok() && *now == number;
    });
  }
  bool HasStateFile() const {
    return host_.Text("run/actuator.state") != "(gone)";
  }

  // A server in a process of its own that throttles and then does not end by
  // itself; returns when it has throttled.
  pid_t ForkServer() const {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t server = fork();
    if (server == 0) {
      auto lease = Start();
      const bool set = lease.ok() &&
                       (*lease)->frequencies()[0]->Set(Hertz(1.2e9)).ok() &&
                       (*lease)->power_caps()[0]->Set(Watts(40)).ok();
      if (write(ready[1], set ? "y" : "n", 1) != 1) _exit(1);
      while (true) {
        if (!(*lease)->Renew().ok()) _exit(2);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    close(ready[1]);
    char answer = 0;
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    close(ready[0]);
    return server;
  }
  static void Kill(pid_t process, int signal) {
    ASSERT_GT(process, 0);
    ASSERT_EQ(kill(process, signal), 0);
    if (signal == SIGKILL) waitpid(process, nullptr, 0);
  }

  MadeSysfs host_;
  SteadyClock clock_;
  HelperOptions options_;
};

TEST_F(ActuatorLeaseTest, SetsReadsAndRestores) {
  {
    const auto lease = StartWell();
    ASSERT_NE(lease, nullptr);
    EXPECT_TRUE(IsAsFound()) << "a lease alone writes nothing";
    EXPECT_EQ(lease->frequencies()[0]->info().name, "cpufreq");
    EXPECT_EQ(lease->frequencies()[0]->info().high, Hertz(3.6e9));
    EXPECT_EQ(lease->power_caps()[0]->info().high, Watts(100));
    Throttle(*lease);
    EXPECT_TRUE(IsThrottled());
    EXPECT_TRUE(HasStateFile());
    const auto reading = lease->frequencies()[0]->Read();
    EXPECT_EQ(reading->setting, Hertz(1.2e9));
    EXPECT_EQ(reading->actual, Hertz(8e8));
    ASSERT_TRUE(lease->frequencies()[0]->Restore().ok());
    EXPECT_EQ(Max(0), "3600000");
    EXPECT_EQ(Cap(), "40000000") << "the other is still set";
    Throttle(*lease);
  }
  EXPECT_TRUE(IsAsFound()) << "before the destructor returns";
  EXPECT_FALSE(HasStateFile());
}

TEST_F(ActuatorLeaseTest, AValueOutsideTheRangeIsNamedAndNotSet) {
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  const absl::Status status = lease->frequencies()[0]->Set(Hertz(5e9)).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("5000 MHz is outside its range, 800 MHz to 3600 MHz"));
  EXPECT_TRUE(IsAsFound());
}

TEST_F(ActuatorLeaseTest, AKilledServerLeavesNothingBehind) {
  const pid_t server = ForkServer();
  EXPECT_TRUE(IsThrottled());
  Kill(server, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return IsAsFound() && !HasStateFile(); }));
  EXPECT_NE(StartWell(), nullptr) << "the next server is not in its way";
}

TEST_F(ActuatorLeaseTest, AServerThatHangsLosesItsLease) {
  options_.heartbeat = Seconds(0.3);
  const pid_t server = ForkServer();
  Kill(server, SIGSTOP);
  EXPECT_TRUE(Eventually([&] { return IsAsFound(); }));
  Kill(server, SIGCONT);
  int status = 0;
  waitpid(server, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2)
      << "it is told that its lease is lost";
}

TEST_F(ActuatorLeaseTest, AKilledHelperIsMadeGoodByTheNext) {
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  Throttle(*lease);
  Kill(lease->helper(), SIGKILL);
  EXPECT_TRUE(
      absl::IsUnavailable(lease->frequencies()[0]->Set(Hertz(2e9)).status()));
  EXPECT_TRUE(absl::IsUnavailable(lease->Renew().status()));
  EXPECT_TRUE(IsThrottled()) << "nobody could restore yet";
  EXPECT_TRUE(HasStateFile());
  const auto next = StartWell();
  ASSERT_NE(next, nullptr);
  EXPECT_TRUE(IsAsFound()) << "before the lease is granted";
  EXPECT_EQ(next->frequencies()[0]->info().high, Hertz(3.6e9))
      << "what was throttled is not taken for what was found";
  EXPECT_EQ(next->power_caps()[0]->info().high, Watts(100));
}

TEST_F(ActuatorLeaseTest, AKilledHelpersLeaseIsTakenAgain) {
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(*lease->Renew(), 1);
  Throttle(*lease);
  const pid_t first = lease->helper();
  Kill(first, SIGKILL);
  EXPECT_TRUE(Eventually([&] {  // by the next heartbeat
    return absl::StrContains(lease->Renew().status().message(),
                             "the lease of the actuators is lost");
  }));
  ASSERT_TRUE(TakesAgain(*lease, 2)) << lease->Renew().status();
  EXPECT_NE(lease->helper(), first);
  EXPECT_TRUE(IsAsFound()) << "before the lease is granted";
  Throttle(*lease);
  EXPECT_TRUE(IsThrottled()) << "what was set before must be set again";
  Kill(lease->helper(), SIGKILL);
  EXPECT_FALSE(lease->power_caps()[0]->Set(Watts(50)).ok());
  ASSERT_TRUE(TakesAgain(*lease, 3)) << "whoever has noticed it";
  Throttle(*lease);
  EXPECT_TRUE(lease->End().ok());
  EXPECT_TRUE(IsAsFound());
  EXPECT_FALSE(HasStateFile());
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST_F(ActuatorLeaseTest, AServerThatHungTakesItsLeaseAgain) {
  options_.heartbeat = Seconds(0.3);
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  Throttle(*lease);
  ASSERT_TRUE(Eventually([&] { return IsAsFound(); })) << "nobody renews";
  ASSERT_TRUE(TakesAgain(*lease, 2)) << lease->Renew().status();
  Throttle(*lease);
  EXPECT_TRUE(IsThrottled());
}

// Stopped, it keeps the lock; when it goes on, it restores and ends.
TEST_F(ActuatorLeaseTest, AHelperThatHangsIsReplacedOnceItHasRestored) {
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  Throttle(*lease);
  const pid_t first = lease->helper();
  Kill(first, SIGSTOP);
  EXPECT_FALSE(lease->frequencies()[0]->Set(Hertz(2e9)).ok());
  EXPECT_TRUE(Eventually([&] {
    return absl::StrContains(lease->Renew().status().message(),
                             "cannot be taken again yet");
  }));
  EXPECT_TRUE(IsThrottled());
  Kill(first, SIGCONT);
  ASSERT_TRUE(TakesAgain(*lease, 2)) << lease->Renew().status();
  EXPECT_TRUE(IsAsFound());
}

TEST_F(ActuatorLeaseTest, WhatOthersHaveMeanwhileIsTheirs) {
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  Kill(lease->helper(), SIGKILL);
  const pid_t other = ForkServer();
  EXPECT_TRUE(Eventually([&] {
    return absl::StrContains(lease->Renew().status().message(),
                             absl::StrCat("leased to process ", other));
  }));
  EXPECT_TRUE(IsThrottled());
  Kill(other, SIGKILL);
  EXPECT_TRUE(TakesAgain(*lease, 2)) << lease->Renew().status();
  EXPECT_TRUE(IsAsFound());
}

TEST_F(ActuatorLeaseTest, ActuatorsThatHaveChangedAreNotTakenAgain) {
  options_.heartbeat = Seconds(0.3);
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  ASSERT_TRUE(Eventually([&] { return !HasStateFile(); })) << "nobody renews";
  host_.Make(PolicyFile(0, "scaling_max_freq"), "2000000");
  host_.Make(PolicyFile(1, "scaling_max_freq"), "2000000");
  EXPECT_TRUE(Eventually([&] {
    return absl::StrContains(
        lease->Renew().status().message(),
        "cpufreq may be set to 800 MHz to 2000 MHz now, not to 800 MHz to 3600 "
        "MHz as at the start: undo that, or restart this server");
  }));
  host_.Make(PolicyFile(0, "scaling_max_freq"), "3600000");
  host_.Make(PolicyFile(1, "scaling_max_freq"), "3600000");
  EXPECT_TRUE(TakesAgain(*lease, 2)) << lease->Renew().status();
}

TEST_F(ActuatorLeaseTest, ASecondServerIsRefusedAndToldWhoHasTheLease) {
  const auto lease = StartWell();
  ASSERT_NE(lease, nullptr);
  Throttle(*lease);
  const absl::Status refused = Start().status();
  EXPECT_TRUE(absl::IsAlreadyExists(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr(absl::StrCat("leased to process ", getpid())));
  EXPECT_TRUE(IsThrottled()) << "the first is not disturbed";
  EXPECT_TRUE(lease->power_caps()[0]->Set(Watts(50)).ok());
}

TEST_F(ActuatorLeaseTest, SaysWhyNothingCanBeControlled) {
  host_.Remove("sys");
  const absl::Status status = Start().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(HasSubstr("cpu_frequency_control: "),
                             HasSubstr("power_cap_control: ")));
}

TEST_F(ActuatorLeaseTest, NamesAHelperThatIsNotThere) {
  options_.program = "/no/such/helper";
  const absl::Status status = Start().status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/such/helper"));
  options_.program = "/bin/false";
  EXPECT_TRUE(absl::IsUnavailable(Start().status())) << "not a helper";
}

TEST_F(ActuatorLeaseTest, RefusesAFolderThatOthersWriteInto) {
  host_.Make("run/x", "");
  std::filesystem::permissions(options_.run_folder,
                               std::filesystem::perms::all);
  EXPECT_TRUE(absl::IsPermissionDenied(Start().status()));
}

TEST_F(ActuatorLeaseTest, OneHelperServesOneServerAfterTheOther) {
  const std::string socket = host_.root() + "/socket";
  EXPECT_TRUE(
      absl::IsUnavailable(ActuatorLease::Connect(socket, clock_).status()));
  const pid_t helper = fork();
  if (helper == 0) {
    execl(MJ_ACTUATOR_HELPER, MJ_ACTUATOR_HELPER,
          ("--socket=" + socket).c_str(), ("--root=" + options_.root).c_str(),
          ("--folder=" + options_.run_folder).c_str(), nullptr);
    _exit(1);
  }
  for (int turn = 0; turn < 2; ++turn) {
    absl::StatusOr<std::unique_ptr<ActuatorLease>> lease =
        absl::UnavailableError("");
    ASSERT_TRUE(Eventually([&] {
      lease = ActuatorLease::Connect(socket, clock_);
      return lease.ok();
    })) << lease.status();
    EXPECT_EQ((*lease)->helper(), helper);
    Throttle(**lease);
    EXPECT_TRUE(IsThrottled());
    EXPECT_TRUE(
        absl::IsAlreadyExists(ActuatorLease::Connect(socket, clock_).status()));
    EXPECT_TRUE((*lease)->End().ok());
    EXPECT_TRUE(IsAsFound());
    EXPECT_TRUE(absl::IsUnavailable((*lease)->Renew().status()));
  }
  const auto lease = ActuatorLease::Connect(socket, clock_);
  ASSERT_TRUE(lease.ok()) << lease.status();
  Throttle(**lease);
  Kill(helper, SIGTERM);
  int status = 0;
  waitpid(helper, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(IsAsFound()) << "a helper that is told to end restores first";
}

}  // namespace
}  // namespace mj
