#include "engine/actuator_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "tests/fakes/eventually.h"
#include "tests/fakes/hand_clock.h"

namespace mj {
namespace {

using testing::HasSubstr;

// What the device does, as the test says; its own thread may ask meanwhile.
struct Device {
  std::atomic<double> setting{3e9};
  std::atomic<double> runs{0};   // 0: it does not tell
  std::atomic<double> bends{1};  // what is set, times this, reads back
  std::atomic<bool> fails{false}, hangs{false}, lost{false};
  std::atomic<bool> keeps{false};  // what was set, whatever is restored
  std::atomic<int> sets{0}, restores{0}, renewals{0};
  std::atomic<int> lease{1};
};

class DeviceActuator final : public FrequencyActuator {
 public:
  explicit DeviceActuator(Device& device) : device_(device) {}

  const ActuatorInfo<Hertz>& info() const override { return info_; }
  absl::StatusOr<ActuatorReading<Hertz>> Read() override {
    ActuatorReading<Hertz> reading{Hertz(device_.setting)};
    if (device_.runs > 0) reading.actual = Hertz(device_.runs);
    return reading;
  }
  absl::StatusOr<Hertz> Set(Hertz value) override {
    ++device_.sets;
    while (device_.hangs) std::this_thread::sleep_for(kPoll);
    if (device_.fails) return absl::PermissionDeniedError("no longer");
    device_.setting = value.value() * device_.bends;
    return Hertz(device_.setting);
  }
  absl::Status Restore() override {
    ++device_.restores;
    if (device_.keeps) return absl::InternalError("stuck");
    device_.setting = 3e9;
    return absl::OkStatus();
  }

  static constexpr std::chrono::milliseconds kPoll{1};

 private:
  Device& device_;
  const ActuatorInfo<Hertz> info_{.name = "device",
                                  .domain = "cpu",
                                  .source = "script",
                                  .low = Hertz(1e9),
                                  .high = Hertz(3e9)};
};

class ActuatorDriverTest : public testing::Test {
 protected:
  void Start() {
    driver_ = std::make_unique<ActuatorDriver<Hertz>>(
        Controlled<Hertz>{std::make_shared<DeviceActuator>(device_),
                          [this]() -> absl::StatusOr<int> {
                            ++device_.renewals;
                            if (!device_.lost) return device_.lease;
                            return absl::UnavailableError("taken away");
                          },
                          Seconds(0.02)},
        clock_);
  }
  bool Settles() {
    return Eventually([this] { return driver_->view().settled; });
  }
  bool Works() const { return driver_->view().works; }

  AtomicClock clock_;
  Device device_;
  std::unique_ptr<ActuatorDriver<Hertz>> driver_;
};

TEST_F(ActuatorDriverTest, WritesNothingUntilSomethingIsWanted) {
  Start();
  ASSERT_TRUE(Eventually([this] { return device_.renewals > 3; }));
  EXPECT_EQ(device_.sets, 0);
  EXPECT_TRUE(driver_->view().settled);
  EXPECT_EQ(driver_->view().setting, Hertz(3e9));
  EXPECT_FALSE(driver_->state().requested.has_value());
}

TEST_F(ActuatorDriverTest, SetsWhatIsWantedOnceAndRestores) {
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  for (int i = 0; i < 100; ++i) driver_->Want(Hertz(2e9));
  const int renewals = device_.renewals;
  ASSERT_TRUE(Eventually([&] { return device_.renewals > renewals + 2; }));
  EXPECT_EQ(device_.sets, 1);
  EXPECT_EQ(driver_->view().setting, Hertz(2e9));
  EXPECT_EQ(driver_->state().requested, Hertz(2e9));
  EXPECT_EQ(driver_->state().achieved, Hertz(2e9));
  EXPECT_EQ(driver_->state().changes, 1u);
  driver_.reset();
  EXPECT_EQ(device_.setting, 3e9);
  EXPECT_EQ(device_.restores, 1);
}

TEST_F(ActuatorDriverTest, TellsWhatRunsWhereTheDeviceDoes) {
  device_.runs = 1.9e9;
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  EXPECT_TRUE(Eventually([this] {
    clock_.Advance(1.1);  // looks are a second apart
    return driver_->state().achieved == Hertz(1.9e9);
  }));
  EXPECT_EQ(driver_->view().setting, Hertz(2e9)) << "the rules go by that";
}

TEST_F(ActuatorDriverTest, AfterAFailureItLetsGoAndTriesAgainLater) {
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  device_.fails = true;
  driver_->Want(Hertz(1e9));
  ASSERT_TRUE(Eventually([this] { return !Works(); }));
  EXPECT_EQ(device_.setting, 3e9) << "restored at once";
  EXPECT_EQ(driver_->view().setting, Hertz(3e9));
  EXPECT_EQ(driver_->state().problem, "no longer");
  EXPECT_EQ(driver_->state().errors, 1u);
  EXPECT_FALSE(driver_->state().achieved.has_value());
  device_.fails = false;
  driver_->Want(Hertz(3e9));  // what the governor falls back to
  const int renewals = device_.renewals;
  ASSERT_TRUE(Eventually([&] { return device_.renewals > renewals + 2; }));
  EXPECT_FALSE(Works()) << "not yet";
  clock_.Advance(11);
  EXPECT_TRUE(Eventually([this] { return Works(); }));
  EXPECT_TRUE(driver_->state().problem.empty());
}

TEST_F(ActuatorDriverTest, ADeviceThatDoesNotObeyHasFailed) {
  device_.bends = 1.5;
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Eventually([this] { return !Works(); }));
  EXPECT_THAT(driver_->state().problem,
              HasSubstr("2000 MHz was set, but it reads back 3000 MHz"));
}

TEST_F(ActuatorDriverTest, CoarseStepsAreNoFailure) {
  device_.bends = 1.02;
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  EXPECT_TRUE(Works());
  EXPECT_EQ(driver_->view().setting, Hertz(2.04e9));
}

TEST_F(ActuatorDriverTest, ACallThatHangsIsAFailureWhileItLasts) {
  Start();
  device_.hangs = true;
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Eventually([this] { return device_.sets == 1; }));
  EXPECT_TRUE(Works());
  clock_.Advance(1.5);
  EXPECT_FALSE(Works()) << "and asking did not wait";
  device_.hangs = false;
  ASSERT_TRUE(Settles());
  EXPECT_TRUE(Works());
}

TEST_F(ActuatorDriverTest, WhatIsLostIsSetOnceItIsTakenAgain) {
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  device_.lost = true;
  ASSERT_TRUE(Eventually([this] { return driver_->state().lost; }));
  EXPECT_EQ(driver_->state().problem, "taken away");
  EXPECT_FALSE(Works());
  EXPECT_EQ(driver_->view().setting, Hertz(3e9));
  EXPECT_TRUE(driver_->view().lost);
  EXPECT_FALSE(driver_->view().settled);
  driver_->Want(Hertz(1e9));
  const int renewals = device_.renewals;
  ASSERT_TRUE(Eventually([&] { return device_.renewals > renewals + 2; }))
      << "it asks again";
  EXPECT_EQ(device_.sets, 1) << "and leaves alone what is not its";
  EXPECT_EQ(driver_->state().losses, 1u);
  ++device_.lease;
  device_.lost = false;
  ASSERT_TRUE(Settles());
  EXPECT_TRUE(Works());
  EXPECT_EQ(device_.setting, 1e9);
  EXPECT_EQ(driver_->state().losses, 1u);
  EXPECT_EQ(driver_->state().recoveries, 1u);
  EXPECT_TRUE(driver_->state().problem.empty());
}

// Another driver has found that the lease was lost, and taken it again.
TEST_F(ActuatorDriverTest, UnderAnotherLeaseItSetsAnew) {
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  device_.setting = 3e9;  // as the helper restores it
  ++device_.lease;
  EXPECT_TRUE(Eventually([this] { return device_.setting == 2e9; }));
  ASSERT_TRUE(Settles());
  EXPECT_TRUE(Works());
  EXPECT_EQ(driver_->state().losses, 1u);
  EXPECT_EQ(driver_->state().recoveries, 1u);
}

TEST_F(ActuatorDriverTest, NothingWantedIsWhatWasFound) {
  Start();
  driver_->Want(std::nullopt);
  EXPECT_TRUE(driver_->view().settled);
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  driver_->Want(std::nullopt);
  ASSERT_TRUE(Settles());
  EXPECT_EQ(device_.setting, 3e9);
  EXPECT_EQ(device_.restores, 1);
  EXPECT_EQ(driver_->view().setting, Hertz(3e9));
  EXPECT_FALSE(driver_->state().requested.has_value());
  EXPECT_EQ(driver_->state().changes, 2u);
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  EXPECT_EQ(device_.sets, 2);
}

TEST_F(ActuatorDriverTest, WhatCannotBeRestoredIsTriedAgainLater) {
  Start();
  driver_->Want(Hertz(2e9));
  ASSERT_TRUE(Settles());
  device_.keeps = true;
  driver_->Want(std::nullopt);
  ASSERT_TRUE(Eventually([this] { return !Works(); }));
  EXPECT_EQ(driver_->state().problem, "stuck");
  EXPECT_EQ(driver_->view().setting, Hertz(2e9));
  device_.keeps = false;
  clock_.Advance(11);
  EXPECT_TRUE(Eventually([this] { return Works(); }));
  EXPECT_EQ(device_.setting, 3e9);
  EXPECT_TRUE(driver_->state().problem.empty());
}

}  // namespace
}  // namespace mj
