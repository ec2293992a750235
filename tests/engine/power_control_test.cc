#include "engine/power_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <memory>

#include "hw_backends/clock.h"
#include "tests/fakes/eventually.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr Watts kIdle(10);

std::vector<CapSetting> Ladder() {
  return {{{64, 512, 32}, Watts(40), 1000}, {{32, 256, 32}, Watts(20), 600}};
}

class PowerControlTest : public testing::Test {
 protected:
  // A window in which the server, busy for `busy` of it, draws `active` above
  // idle.
  void Window(double seconds, double active, double busy) {
    EnergyWindow window;
    window.start = now_;
    now_ += Seconds(seconds);
    window.end = now_;
    window.busy = Seconds(busy * seconds);
    window.energy.decode = Watts(active * busy) * Seconds(seconds);
    window.energy.idle = kIdle * Seconds(seconds);
    control_.OnWindow(window);
  }

  Seconds now_{0};
  SharedLimits limits_{StepLimits{{64, 512, 32}, 1}};
  PowerControl control_{Ladder(), kIdle, limits_};
};

TEST_F(PowerControlTest, WithoutACapNothingIsLimited) {
  Window(1, 1000, 1);
  EXPECT_EQ(limits_.Load().busy_share, 1);
  EXPECT_EQ(limits_.Load().schedule.max_num_seqs, 64);
  const PowerControl::State state = control_.state();
  EXPECT_FALSE(state.cap.has_value());
  EXPECT_EQ(state.violation, Seconds(0));
  ASSERT_TRUE(state.power.has_value());
  EXPECT_DOUBLE_EQ(state.power->value(), 1010);
}

TEST_F(PowerControlTest, ACapActsBeforeTheFirstWindow) {
  ASSERT_TRUE(control_.SetCap(Watts(20)).ok());
  const StepLimits limits = limits_.Load();
  EXPECT_EQ(limits.schedule.max_num_seqs, 32);
  EXPECT_NEAR(limits.busy_share, (0.97 * 20 - 10) / 20, 1e-9);
  EXPECT_THAT(control_.state().reason, HasSubstr("cap 20 W"));
  ASSERT_TRUE(control_.SetCap(std::nullopt).ok());
  EXPECT_EQ(limits_.Load().busy_share, 1);
  EXPECT_EQ(limits_.Load().schedule.max_num_seqs, 64);
}

TEST_F(PowerControlTest, TheTimeOverTheCapIsCounted) {
  ASSERT_TRUE(control_.SetCap(Watts(20)).ok());
  Window(1, 15, 1);  // 25 W
  EXPECT_EQ(control_.state().violation, Seconds(1));
  Window(2, 8, 1);  // 18 W
  EXPECT_EQ(control_.state().violation, Seconds(1));
  Window(0.5, 12, 1);  // too short to judge by itself
  EXPECT_EQ(control_.state().violation, Seconds(1));
  Window(0.5, 12, 1);
  EXPECT_EQ(control_.state().violation, Seconds(2));
}

// The meter sees more than the model predicts: less is allowed.
TEST_F(PowerControlTest, WindowsCorrectThePrediction) {
  ASSERT_TRUE(control_.SetCap(Watts(20)).ok());
  const double before = limits_.Load().busy_share;
  Window(1, 40, before);
  EXPECT_NEAR(control_.state().correction, 2 * 1.15, 1e-9);
  EXPECT_NEAR(limits_.Load().busy_share, before / (2 * 1.15), 1e-9);
}

TEST_F(PowerControlTest, ACapStartsFromWhatWindowsShowedBefore) {
  Window(1, 80, 1);  // twice what is predicted
  EXPECT_EQ(limits_.Load().busy_share, 1);
  ASSERT_TRUE(control_.SetCap(Watts(20)).ok());
  EXPECT_NEAR(limits_.Load().busy_share, (0.97 * 20 - 10) / (20 * 2 * 1.15),
              1e-9);
}

// What was drawn before there was a cap, or another one, is not over this one.
TEST_F(PowerControlTest, AWindowBelongsToOneCap) {
  Window(0.9, 1000, 1);
  ASSERT_TRUE(control_.SetCap(Watts(20)).ok());
  Window(0.9, 5, 1);
  Window(0.9, 5, 1);
  EXPECT_EQ(control_.state().violation, Seconds(0));
  EXPECT_NEAR(control_.state().power->value(), 15, 1e-9);
}

// Records what is set; the rest is package_limit_test.cc's.
class RecordingActuator final : public PowerCapActuator {
 public:
  explicit RecordingActuator(std::atomic<double>& watts) : watts_(watts) {}
  const ActuatorInfo<Watts>& info() const override { return info_; }
  absl::StatusOr<ActuatorReading<Watts>> Read() override {
    return ActuatorReading<Watts>{Watts(watts_)};
  }
  absl::StatusOr<Watts> Set(Watts value) override {
    watts_ = value.value();
    return value;
  }
  absl::Status Restore() override {
    watts_ = 100;
    return absl::OkStatus();
  }

 private:
  std::atomic<double>& watts_;
  const ActuatorInfo<Watts> info_{.name = "recording",
                                  .domain = "package",
                                  .source = "script",
                                  .low = Watts(25),
                                  .high = Watts(100)};
};

TEST_F(PowerControlTest, ThePackagesFollowTheCap) {
  EXPECT_FALSE(control_.state().packages.has_value());
  std::atomic<double> watts{100};
  const SteadyClock clock;
  PowerControl control(
      Ladder(), kIdle, limits_,
      std::make_unique<PackageLimit>(
          PackageControl{
              Controlled<Watts>{std::make_shared<RecordingActuator>(watts), {}},
              ""},
          clock));
  ASSERT_TRUE(control.SetCap(Watts(40)).ok());
  EXPECT_TRUE(Eventually([&] { return watts == 40; }));
  EXPECT_FALSE(control.SetCap(Watts(1)).ok());
  EXPECT_EQ(control.state().packages->requested, Watts(40)) << "refused";
  ASSERT_TRUE(control.SetCap(std::nullopt).ok());
  EXPECT_TRUE(Eventually([&] { return watts == 100; }));
}

TEST_F(PowerControlTest, AnUnknownWindowSaysNothing) {
  ASSERT_TRUE(control_.SetCap(Watts(20)).ok());
  Window(1, 5, 0.5);
  EXPECT_TRUE(control_.state().power.has_value());
  const StepLimits before = limits_.Load();
  EnergyWindow unknown;
  unknown.status = absl::UnavailableError("unplugged");
  unknown.start = now_;
  unknown.end = now_ + Seconds(5);
  control_.OnWindow(unknown);
  EXPECT_FALSE(control_.state().power.has_value());
  EXPECT_EQ(control_.state().violation, Seconds(0));
  EXPECT_EQ(limits_.Load().busy_share, before.busy_share);
}

TEST_F(PowerControlTest, ACapThatCannotBeKeptIsRefused) {
  for (double cap : {0.0, -5.0, 9.9, 10.0, double{NAN}, double{INFINITY}}) {
    const absl::Status status = control_.SetCap(Watts(cap));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << cap;
    EXPECT_THAT(std::string(status.message()), HasSubstr("10 W")) << cap;
  }
  EXPECT_FALSE(control_.state().cap.has_value());
}

}  // namespace
}  // namespace mj
