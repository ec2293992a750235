#include "hw_backends/models/modelled_meter.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

class FakeClock final : public Clock {
 public:
  Seconds Now() const override { return now; }
  Seconds now{100};
};

TEST(ModelledMeterTest, WorkAndIdleAddUp) {
  FakeClock clock;
  ModelledMeter meter(clock, Watts(2), "epyc-zen3", "epyc-zen3-12345678");
  EXPECT_EQ(meter.Read()->total, Joules(0));
  clock.now = Seconds(110);
  EXPECT_DOUBLE_EQ(meter.Read()->total.value(), 20);
  clock.now = Seconds(114);
  meter.AddWork(Joules(70), Seconds(4));
  const auto sample = meter.Read();
  ASSERT_TRUE(sample.ok());
  EXPECT_DOUBLE_EQ(sample->total.value(), 90);
  EXPECT_EQ(sample->time, Seconds(114));
}

TEST(ModelledMeterTest, NeverGoesBack) {
  FakeClock clock;
  ModelledMeter meter(clock, Watts(10), "d", "d-1");
  clock.now += Seconds(10);
  EXPECT_DOUBLE_EQ(meter.Read()->total.value(), 100);
  // Reported late: those seconds had been counted as idle.
  meter.AddWork(Joules(1), Seconds(10));
  EXPECT_DOUBLE_EQ(meter.Read()->total.value(), 100);
}

TEST(ModelledMeterTest, SaysThatItIsModelled) {
  FakeClock clock;
  const ModelledMeter meter(clock, Watts(1), "epyc-zen3", "epyc-zen3-1");
  EXPECT_EQ(EnergyMethodName(meter.info().method), "modelled");
  EXPECT_EQ(meter.info().domain, "package+dram");
  EXPECT_EQ(meter.info().calibration, "epyc-zen3-1");
}

}  // namespace
}  // namespace mj
