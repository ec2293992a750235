#include "hw_backends/host/nvml_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/hand_clock.h"
#include "tests/fakes/scripted_nvml.h"

namespace mj {
namespace {

using testing::HasSubstr;

class NvmlMeterTest : public testing::Test {
 protected:
  ScriptedNvml nvml_;
  HandClock clock_;
  std::unique_ptr<NvmlLibrary> library_ = nvml_.Load();
  NvmlMeter meter_{*library_, ListGpus(*library_)->at(1), clock_};
};

TEST_F(NvmlMeterTest, CountsFromItsFirstReading) {
  EXPECT_EQ(meter_.info().domain, "gpu1");
  EXPECT_EQ(meter_.info().method, EnergyMethod::kMeasured);
  EXPECT_EQ(meter_.info().resolution, Joules(1e-3));
  EXPECT_THAT(meter_.info().calibration, HasSubstr("GPU-b"));
  EXPECT_EQ(meter_.Read()->total, Joules(0));
  nvml_.gpus[1].millijoules += 2500;
  clock_.now = Seconds(8);
  const auto sample = meter_.Read();
  EXPECT_DOUBLE_EQ(sample->total.value(), 2.5);
  EXPECT_EQ(sample->time, Seconds(8));
}

TEST_F(NvmlMeterTest, AnErrorIsNoZeroAndLosesNothing) {
  ASSERT_TRUE(meter_.Read().ok());
  nvml_.gpus[1].millijoules += 1000;
  nvml_.error = 15;
  EXPECT_TRUE(absl::IsUnavailable(meter_.Read().status()));
  nvml_.error = 0;
  nvml_.gpus[1].millijoules += 1000;
  EXPECT_DOUBLE_EQ(meter_.Read()->total.value(), 2);
}

TEST_F(NvmlMeterTest, ACounterThatWentBackIsFlaggedOnce) {
  ASSERT_TRUE(meter_.Read().ok());
  nvml_.gpus[1].millijoules += 1000;
  ASSERT_TRUE(meter_.Read().ok());
  nvml_.gpus[1].millijoules = 10;  // the driver was reloaded
  const absl::Status flagged = meter_.Read().status();
  EXPECT_TRUE(absl::IsDataLoss(flagged));
  EXPECT_THAT(std::string(flagged.message()),
              HasSubstr("went back from 6000 to 10 mJ"));
  nvml_.gpus[1].millijoules += 500;
  EXPECT_DOUBLE_EQ(meter_.Read()->total.value(), 1.5)
      << "never less than before, and never huge";
}

using Loaded = absl::StatusOr<std::unique_ptr<NvmlLibrary>>;

class FindNvmlMetersTest : public testing::Test {
 protected:
  std::vector<FoundMeter> Find(const Loaded& library) const {
    return FindNvmlMeters(library, clock_);
  }

  ScriptedNvml nvml_;
  HandClock clock_;
};

TEST_F(FindNvmlMetersTest, EachGpuIsACounter) {
  const Loaded library = nvml_.Load();
  const std::vector<FoundMeter> found = Find(library);
  ASSERT_EQ(found.size(), 2u);
  for (const FoundMeter& meter : found) {
    EXPECT_EQ(meter.interface, kNvmlInterface);
    EXPECT_EQ(meter.kind, MeterKind::kGpu);
    EXPECT_EQ(meter.max_power, Watts(400));
    ASSERT_NE(meter.meter, nullptr);
    EXPECT_EQ(meter.domain, meter.meter->info().domain);
  }
  EXPECT_EQ(found[1].domain, "gpu1");
}

TEST_F(FindNvmlMetersTest, SaysWhyThereIsNone) {
  const Loaded library = nvml_.Load();
  nvml_.error = 999;
  std::vector<FoundMeter> found = Find(library);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].meter, nullptr);
  EXPECT_THAT(found[0].why, HasSubstr("scripted"));
  EXPECT_THAT(found[0].remedy, HasSubstr("NVIDIA GPU"));
  found = Find(absl::UnavailableError("no library"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].why, "no library");
  EXPECT_THAT(found[0].remedy, HasSubstr("libnvidia-ml.so.1"));
  EXPECT_TRUE(found[0].domain.empty());
}

}  // namespace
}  // namespace mj
