#include "hw_backends/host/counter_file_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/hand_clock.h"
#include "tests/fakes/rapl_tree.h"
#include "tests/fakes/without_root.h"

namespace mj {
namespace {

using testing::HasSubstr;

class CounterFileMeterTest : public testing::Test {
 protected:
  static constexpr const char* kZone = "intel-rapl:0";
  static constexpr const char* kFile = "intel-rapl:0/energy_uj";

  CounterFileMeterTest() {
    tree_.Add(kZone, "package-0", 5'000'000, 100'000'000);
    CounterTraits traits;
    traits.range = 100'000'000;
    traits.max_power = Watts(50);
    traits.update_period = Seconds(1e-3);
    MeterInfo info{.domain = "package-0"};
    meter_.emplace(info, traits, tree_.Path(kFile), clock_);
    EXPECT_EQ(meter_->Read()->total, Joules(0));
  }

  absl::StatusOr<EnergySample> ReadAfter(double seconds) {
    clock_.now += Seconds(seconds);
    return meter_->Read();
  }

  const RaplTree tree_;
  HandClock clock_;
  std::optional<CounterFileMeter> meter_;
};

TEST_F(CounterFileMeterTest, CountsJoulesAndSaysWhatItIs) {
  tree_.Set(kZone, 25'000'000);
  const auto sample = ReadAfter(1);
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_DOUBLE_EQ(sample->total.value(), 20);
  EXPECT_EQ(sample->time, Seconds(101));
  EXPECT_EQ(ReadAfter(1.5)->age, Seconds(1.5));
  EXPECT_EQ(meter_->info().method, EnergyMethod::kMeasured);
  EXPECT_EQ(meter_->info().source, tree_.Path(kFile));
  EXPECT_EQ(meter_->info().update_period, Seconds(1e-3));
}

TEST_F(CounterFileMeterTest, AReadErrorIsMadeGoodByTheNextReading) {
  tree_.Break(kFile);
  const auto broken = ReadAfter(1);
  EXPECT_TRUE(absl::IsUnavailable(broken.status())) << broken.status();
  tree_.Remove(kFile);
  EXPECT_TRUE(absl::IsUnavailable(ReadAfter(0.1).status()));
  tree_.Write(kFile, "garbage\n");
  EXPECT_TRUE(absl::IsUnavailable(ReadAfter(0.1).status()));
  tree_.Set(kZone, 45'000'000);
  EXPECT_DOUBLE_EQ(ReadAfter(0.1)->total.value(), 40);
}

TEST_F(CounterFileMeterTest, LostPermissionSaysWhatHelps) {
  tree_.Close(kFile);
  {
    const WithoutRoot nobody;
    const auto denied = ReadAfter(1);
    EXPECT_TRUE(absl::IsPermissionDenied(denied.status())) << denied.status();
    EXPECT_THAT(std::string(denied.status().message()),
                HasSubstr("run as root, or as root: chmod a+r"));
  }
  tree_.Open(kFile);
  const WithoutRoot nobody;
  EXPECT_TRUE(ReadAfter(0.1).ok());
}

TEST_F(CounterFileMeterTest, LossesNameTheFile) {
  tree_.Set(kZone, 1);
  const auto reset = ReadAfter(0.5);
  EXPECT_TRUE(absl::IsDataLoss(reset.status())) << reset.status();
  EXPECT_THAT(std::string(reset.status().message()),
              HasSubstr(tree_.Path(kFile) + ": went from 5000000 to 1"));
  // Unread for longer than a wrap takes at 50 W.
  const auto twice = ReadAfter(3);
  EXPECT_TRUE(absl::IsDataLoss(twice.status())) << twice.status();
  EXPECT_THAT(std::string(twice.status().message()), HasSubstr("unseen"));
  EXPECT_TRUE(ReadAfter(1).ok());
}

}  // namespace
}  // namespace mj
