#include "hw_backends/host/suspend_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/hand_clock.h"

namespace mj {
namespace {

using testing::HasSubstr;

class SteadyWatt final : public EnergyMeter {
 public:
  explicit SteadyWatt(const Clock& clock) : clock_(clock) {}
  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override {
    ++reads;
    return EnergySample{Joules(clock_.Now().count()), clock_.Now()};
  }
  int reads = 0;

 private:
  const Clock& clock_;
  const MeterInfo info_{.domain = "package", .method = EnergyMethod::kMeasured};
};

TEST(SuspendGuardTest, TheReadingAfterASleepIsLost) {
  HandClock steady;
  auto owned_boot = std::make_unique<HandClock>();
  HandClock& boot = *owned_boot;
  boot.now = Seconds(5000);  // earlier sleeps do not count
  auto owned_meter = std::make_unique<SteadyWatt>(steady);
  SteadyWatt& inner = *owned_meter;
  SuspendGuard guard(std::move(owned_meter), steady, std::move(owned_boot));
  const auto pass = [&](double awake, double asleep) {
    steady.now += Seconds(awake);
    boot.now += Seconds(awake + asleep);
    return guard.Read();
  };
  EXPECT_EQ(guard.info().domain, "package");
  EXPECT_TRUE(pass(1, 0).ok());
  EXPECT_TRUE(pass(3600, 0.2).ok());  // read far apart under load
  const auto lost = pass(1, 90);
  EXPECT_TRUE(absl::IsDataLoss(lost.status())) << lost.status();
  EXPECT_THAT(std::string(lost.status().message()),
              HasSubstr("package: the host slept for 90 s"));
  EXPECT_EQ(inner.reads, 3);  // its counter starts from here
  EXPECT_TRUE(pass(1, 0).ok());
}

TEST(BootClockTest, NeverLagsBehindTheSteadyClock) {
  const SteadyClock steady;
  const BootClock boot;
  const Seconds before = steady.Now();
  EXPECT_GE(boot.Now(), before);
}

}  // namespace
}  // namespace mj
