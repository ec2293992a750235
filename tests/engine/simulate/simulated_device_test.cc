#include "engine/simulate/simulated_device.h"

#include <gtest/gtest.h>

#include "tests/engine/simulate/made_platform.h"

namespace mj {
namespace {

constexpr DeviceOptions kQuick{.switch_latency = Seconds(1)};

Nanojoules Sum(const DeviceEnergy& e) {
  return e.busy + e.idle + e.waking + e.switching;
}

TEST(SimulatedDeviceTest, IdlesAtThePowerOfItsClock) {
  const PlatformCostModel model = MadeModel();
  SimulatedDevice device(model, kQuick, Seconds(2));
  device.IdleUntil(Seconds(10));
  EXPECT_EQ(device.energy().idle, 300'000'000'000);  // 30 W for 10 s
  EXPECT_EQ(device.Now(), Seconds(10));
}

TEST(SimulatedDeviceTest, AThousandYearsOfIdleAreCounted) {
  const PlatformCostModel model = MadeModel();
  SimulatedDevice device(model, kQuick, Seconds(2));
  device.IdleUntil(Seconds(3e10));
  EXPECT_DOUBLE_EQ(FromNanojoules(device.energy().idle).value(), 9e11);
  EXPECT_TRUE(Sum(device.energy()) == device.energy().total);
}

TEST(SimulatedDeviceTest, TheOldClockGoesOnForTheLatency) {
  const PlatformCostModel model = MadeModel();
  SimulatedDevice device(model, kQuick, Seconds(2));
  EXPECT_TRUE(device.RequestClock(1));
  EXPECT_EQ(device.clock(), 2);
  device.IdleUntil(Seconds(3));
  EXPECT_EQ(device.clock(), 1);
  // 1 s at 30 W, 2 s at 20 + 10 x 0.36 x 0.5 W.
  EXPECT_NEAR(device.energy().idle * 1e-9, 30 + 2 * 21.8, 1e-6);
  EXPECT_EQ(device.energy().switching, 1'000'000);
  EXPECT_EQ(device.num_switches(), 1);
  EXPECT_TRUE(device.RequestClock(1)) << "the same again is no switch";
  EXPECT_EQ(device.num_switches(), 1);
}

TEST(SimulatedDeviceTest, AClockThatChangesAmidAStepChangesItsRest) {
  const PlatformCostModel model = MadeModel();
  const StepDemand demand{.linear_operations = 4e12,
                          .padded_linear_operations = 4e12};
  SimulatedDevice device(model, kQuick, Seconds(2));  // 2 s at full clock
  device.RequestClock(1);
  device.Run(demand, 1);
  EXPECT_NEAR(device.Now().count(), 1 + 0.5 * 4, 1e-9);
  const Price full = model.PriceAt(demand, 2), half = model.PriceAt(demand, 1);
  EXPECT_NEAR(device.energy().busy * 1e-9,
              0.5 * full.energy.value() + 0.5 * half.energy.value(), 1e-6);
}

TEST(SimulatedDeviceTest, NoiseStretchesTimeAndEnergy) {
  const PlatformCostModel model = MadeModel();
  const StepDemand demand{.linear_operations = 4e12,
                          .padded_linear_operations = 4e12};
  SimulatedDevice device(model, kQuick, Seconds(2));
  device.Run(demand, 1.5);
  const Price price = model.PriceAt(demand, 2);
  EXPECT_DOUBLE_EQ(device.Now().count(), 1.5 * price.time.count());
  EXPECT_NEAR(device.energy().busy * 1e-9, 1.5 * price.energy.value(), 1e-6);
}

TEST(SimulatedDeviceTest, RestsAndWakes) {
  const PlatformCostModel model = MadeModel();
  SimulatedDevice device(model, kQuick, Seconds(2));
  device.Rest(IdleState::kParked);
  device.IdleUntil(Seconds(10));
  EXPECT_EQ(device.energy().idle, 150'000'000'000);
  device.Run({}, 1);
  EXPECT_EQ(device.energy().waking, 600'000'000);  // 20 ms at 30 W
  EXPECT_DOUBLE_EQ(device.Now().count(), 10.02);
  device.Rest(IdleState::kDropped);
  device.Run({}, 1);
  EXPECT_DOUBLE_EQ(device.Now().count(), 12.02);
  EXPECT_EQ(device.num_wakes(), 2);
}

struct FaultCase {
  ActuatorFault fault;
  bool accepted;
  int clock_after_one_second, clock_after_ten;
  bool overdue;  // after ten seconds
};

TEST(SimulatedDeviceTest, Faults) {
  constexpr FaultCase kCases[] = {
      {ActuatorFault::kNone, true, 0, 0, false},
      {ActuatorFault::kDead, false, 2, 2, false},
      {ActuatorFault::kStuck, true, 2, 2, true},
      {ActuatorFault::kSlow, true, 2, 0, false},
  };
  const PlatformCostModel model = MadeModel();
  for (const FaultCase& c : kCases) {
    SCOPED_TRACE(static_cast<int>(c.fault));
    SimulatedDevice device(model, {Seconds(0.2), c.fault, 3}, Seconds(2));
    EXPECT_EQ(device.RequestClock(0), c.accepted);
    device.IdleUntil(Seconds(1));
    EXPECT_EQ(device.clock(), c.clock_after_one_second);
    device.IdleUntil(Seconds(10));
    EXPECT_EQ(device.clock(), c.clock_after_ten);
    EXPECT_EQ(device.overdue(), c.overdue);
  }
}

TEST(SimulatedDeviceTest, TheSumOfThePartsIsTheTotalToTheNanojoule) {
  const PlatformCostModel model = MadeModel();
  SimulatedDevice device(model, {Seconds(0.003), ActuatorFault::kNone, 1},
                         Seconds(2));
  const StepDemand demand{.linear_operations = 1.37e10,
                          .padded_linear_operations = 1.41e10,
                          .weight_bytes = 2.71e8};
  for (int i = 0; i < 1000; ++i) {
    device.RequestClock(i * i % 3);
    if (i % 97 == 0) device.Rest(IdleState::kParked);
    device.IdleUntil(device.Now() + Seconds(0.001 * (i % 7)));
    device.Run(demand, 1 + 0.01 * (i % 11));
    ASSERT_EQ(Sum(device.energy()), device.energy().total);
  }
}

TEST(SimulatedDeviceTest, FaultNames) {
  EXPECT_EQ(*ParseActuatorFault("stuck"), ActuatorFault::kStuck);
  EXPECT_EQ(ParseActuatorFault("asleep").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mj
