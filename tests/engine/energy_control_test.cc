#include "engine/energy_control.h"

#include <gtest/gtest.h>

#include "tests/fakes/hand_clock.h"

namespace mj {
namespace {

// Draws 50 W.
class SteadyMeter final : public EnergyMeter {
 public:
  explicit SteadyMeter(const Clock& clock) : clock_(clock) {}
  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override {
    return EnergySample{Watts(50) * clock_.Now(), clock_.Now()};
  }

 private:
  const Clock& clock_;
  const MeterInfo info_{.domain = "package",
                        .method = EnergyMethod::kMeasured,
                        .source = "scripted"};
};

constexpr LedgerOptions kIdle{.idle_power = Watts(2)};

StepRecord Prefill(double start, double end, double joules) {
  return {.start = Seconds(start),
          .end = Seconds(end),
          .shares = {{1, "ann", Phase::kPrefill, Joules(joules)}}};
}

TEST(EnergyControlTest, AModelledWindowEndsWhereTheRunningStepBegins) {
  AtomicClock clock;
  EnergyControl control(nullptr, kIdle, "model-1", clock);
  clock.Set(103);
  control.BeginStep(Seconds(103));
  clock.Set(108);
  const EnergyControl::Totals during = control.totals();
  EXPECT_TRUE(during.known);
  EXPECT_EQ(during.known_time, Seconds(3));
  EXPECT_EQ(during.energy.sum(), Joules(6)) << "idle until the step";
  StepRecord record = Prefill(103, 110, 70);
  clock.Set(110);
  ASSERT_TRUE(control.TryPush(record));
  clock.Set(111);
  const EnergyControl::Totals after = control.totals();
  EXPECT_EQ(after.known_time, Seconds(11));
  EXPECT_EQ(after.energy.prefill, Joules(70));
  EXPECT_EQ(after.energy.idle, Joules(8));
  EXPECT_EQ(after.unknown_windows, 0);
}

TEST(EnergyControlTest, EachWindowIsPricedByTheFactorsOfItsTime) {
  AtomicClock clock;
  EnergyControl control(nullptr, kIdle, "model-1", clock);
  control.PriceWindows([&](const EnergyWindow& window, Seconds ago) {
    const bool early = clock.Now() - ago <= Seconds(105);
    return FootprintOf(
        window.energy.sum(),
        {.grams_per_kwh = early ? 360.0 : 720.0, .source_water = 3.6});
  });
  clock.Set(105);
  EXPECT_DOUBLE_EQ(control.totals().footprint.grams_co2e, 10 * 360 / 3.6e6);
  clock.Set(110);
  const Footprint footprint = control.totals().footprint;
  EXPECT_DOUBLE_EQ(footprint.grams_co2e, 10 * (360 + 720) / 3.6e6);
  EXPECT_DOUBLE_EQ(footprint.litres.value(), 20 * 3.6 / 3.6e6);
}

TEST(EnergyControlTest, ACounterIsReadWhenTheStepHasBeenToldOf) {
  AtomicClock clock;
  EnergyControl control(std::make_unique<SteadyMeter>(clock), kIdle, "", clock);
  control.BeginStep(Seconds(100));
  for (int second = 101; second <= 105; ++second) {
    clock.Set(second);
    EXPECT_EQ(control.totals().energy.sum(), Joules(0)) << second;
  }
  StepRecord record = Prefill(100, 105, 20);
  ASSERT_TRUE(control.TryPush(record));
  const EnergyControl::Totals told = control.totals();
  EXPECT_DOUBLE_EQ(told.energy.prefill.value(), 250);
  EXPECT_EQ(told.energy.idle, Joules(0));
  EXPECT_DOUBLE_EQ(*control.scale(), 12.5);
  EXPECT_EQ(told.unknown_windows, 0);
}

TEST(EnergyControlTest, AStepThatDoesNotEndHidesNoCounter) {
  AtomicClock clock;
  EnergyControl control(std::make_unique<SteadyMeter>(clock), kIdle, "", clock);
  control.BeginStep(Seconds(100));
  clock.Set(140);
  EXPECT_DOUBLE_EQ(control.totals().energy.sum().value(), 40 * 50);
}

TEST(EnergyControlTest, ShortStepsHoldNoWindowUp) {
  AtomicClock clock;
  EnergyControl control(std::make_unique<SteadyMeter>(clock), kIdle, "", clock);
  clock.Set(101);
  control.BeginStep(Seconds(100.95));
  EXPECT_DOUBLE_EQ(control.totals().energy.sum().value(), 50);
}

}  // namespace
}  // namespace mj
