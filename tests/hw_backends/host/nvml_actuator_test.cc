#include "hw_backends/host/nvml_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/scripted_nvml.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NvmlActuatorTest : public testing::Test {
 protected:
  std::unique_ptr<FrequencyActuator> Clock() {
    return MakeNvmlClock(*library_, gpu_).value();
  }
  std::unique_ptr<PowerCapActuator> Cap() {
    return MakeNvmlPowerCap(*library_, gpu_).value();
  }

  ScriptedNvml nvml_;
  std::unique_ptr<NvmlLibrary> library_ = nvml_.Load();
  const NvmlGpu gpu_ = ListGpus(*library_)->at(0);
};

TEST_F(NvmlActuatorTest, LocksTheClockToALevel) {
  const auto clock = Clock();
  EXPECT_EQ(clock->info().name, "nvml:0:clock");
  EXPECT_EQ(clock->info().domain, "gpu0");
  EXPECT_THAT(clock->info().levels,
              ElementsAre(Hertz(210e6), Hertz(1050e6), Hertz(1410e6)));
  EXPECT_EQ(clock->Set(Hertz(1000e6)).value(), Hertz(1050e6));
  EXPECT_EQ(nvml_.gpus[0].locked, 1050u);
  nvml_.gpus[0].clock = 990;  // held lower by heat
  const auto reading = clock->Read();
  EXPECT_EQ(reading->setting, Hertz(1050e6));
  EXPECT_EQ(reading->actual, Hertz(990e6));
  EXPECT_TRUE(absl::IsInvalidArgument(clock->Set(Hertz(2e9)).status()));
  ASSERT_TRUE(clock->Restore().ok());
  EXPECT_EQ(nvml_.gpus[0].locked, std::nullopt);
}

TEST_F(NvmlActuatorTest, TheSameClockIsNotLockedAgain) {
  const auto clock = Clock();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(clock->Set(Hertz(1050e6)).ok());
  EXPECT_EQ(nvml_.gpus[0].locks, 1);
  ASSERT_TRUE(clock->Restore().ok());
  ASSERT_TRUE(clock->Set(Hertz(1050e6)).ok());
  EXPECT_EQ(nvml_.gpus[0].locks, 2);
}

TEST_F(NvmlActuatorTest, SomeoneElsesLockStaysWhereNoneWasSet) {
  nvml_.gpus[0].locked = 900;
  ASSERT_TRUE(Clock()->Restore().ok());
  EXPECT_EQ(nvml_.gpus[0].locked, 900u);
}

TEST_F(NvmlActuatorTest, SetsThePowerLimitAndRestoresIt) {
  nvml_.gpus[0].limit = 350000;
  const auto cap = Cap();
  EXPECT_EQ(cap->info().low, Watts(100));
  EXPECT_EQ(cap->info().high, Watts(350)) << "never above what was found";
  EXPECT_EQ(cap->Set(Watts(250)).value(), Watts(250));
  EXPECT_EQ(cap->Set(Watts(250)).value(), Watts(250));
  EXPECT_EQ(nvml_.gpus[0].limits, 1);
  EXPECT_EQ(cap->Read()->setting, Watts(250));
  EXPECT_TRUE(absl::IsInvalidArgument(cap->Set(Watts(360)).status()));
  ASSERT_TRUE(cap->Restore().ok());
  EXPECT_EQ(nvml_.gpus[0].limit, 350000u);
}

TEST_F(NvmlActuatorTest, WithoutPermissionSaysSoAndCanTryAgain) {
  const auto clock = Clock();
  nvml_.set_error = 4;
  const absl::Status denied = clock->Set(Hertz(1050e6)).status();
  EXPECT_TRUE(absl::IsPermissionDenied(denied));
  EXPECT_THAT(std::string(denied.message()), HasSubstr("locking 1050 MHz"));
  EXPECT_TRUE(absl::IsPermissionDenied(Cap()->Set(Watts(200)).status()));
  nvml_.set_error = 0;
  EXPECT_TRUE(clock->Set(Hertz(1050e6)).ok());
  EXPECT_EQ(nvml_.gpus[0].locked, 1050u);
}

TEST_F(NvmlActuatorTest, WhatWasSavedRestoresWithoutTheActuators) {
  const SavedGpu saved = SaveGpu(*library_, gpu_);
  EXPECT_EQ(saved, (SavedGpu{"GPU-a", 400000}));
  ASSERT_TRUE(Clock()->Set(Hertz(210e6)).ok());
  ASSERT_TRUE(Cap()->Set(Watts(150)).ok());
  ASSERT_TRUE(RestoreGpu(*library_, saved).ok());
  EXPECT_EQ(nvml_.gpus[0].locked, std::nullopt);
  EXPECT_EQ(nvml_.gpus[0].limit, 400000u);
  EXPECT_TRUE(RestoreGpu(*library_, {.uuid = "GPU-gone"}).ok());
  nvml_.set_error = 4;
  EXPECT_TRUE(absl::IsPermissionDenied(RestoreGpu(*library_, saved)));
}

TEST_F(NvmlActuatorTest, AGpuThatLeavesNoChoiceIsNotControlled) {
  nvml_.gpus[0].limit = nvml_.gpus[0].lowest;
  EXPECT_TRUE(
      absl::IsFailedPrecondition(MakeNvmlPowerCap(*library_, gpu_).status()));
  nvml_.error = 3;
  EXPECT_TRUE(absl::IsUnimplemented(MakeNvmlClock(*library_, gpu_).status()));
}

}  // namespace
}  // namespace mj
