#include "hw_backends/models/device_coefficients.h"

#include <gtest/gtest.h>

#include <string>

#include "hw_backends/models/device_file.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

DeviceModel Model(const std::string& name) {
  return *DeviceModel::Create(*DeviceFile::Find(name, "")->Read(),
                              Smollm2Shape(), {});
}

StepCostModel Shares(const DeviceModel& device) {
  return {Smollm2Shape(), {}, CoefficientsOf(device, Smollm2Shape(), {})};
}

struct StepCase {
  const char* device;
  StepShape step;
  double energy_within, time_within;  // relative
};

const StepShape kDecode{{{1, 40, 1}}};
const StepShape kPrompt{{{200, 0, 200}}};
const StepShape kBoth{{{1, 40, 1}, {100, 0, 100}}};

// Products are a line in the rows on tiles, and on lanes that a pass fills; the
// device overlaps attention's operations and bytes as these prices do.
TEST(DeviceCoefficientsTest, AStepCostsAboutWhatTheDeviceSays) {
  const StepCase kCases[] = {
      {"zigzag-dimc-28nm", kDecode, 0.01, 0.01},
      {"zigzag-dimc-28nm", kPrompt, 0.01, 0.01},
      {"colonnade-65nm", kDecode, 0.03, 0.01},
      {"colonnade-65nm", kBoth, 0.03, 0.01},
      {"cimple-28nm", kPrompt, 0.03, 0.01},
      {"u280-spatial", kDecode, 0.03, 0.05},
  };
  for (const StepCase& c : kCases) {
    SCOPED_TRACE(c.device);
    const DeviceModel device = Model(c.device);
    const DeviceCost exact = device.PriceStep(c.step);
    const Price about = Shares(device).Step(c.step);
    EXPECT_NEAR(about.energy / exact.joules.total(), 1, c.energy_within);
    EXPECT_NEAR(about.time / exact.time, 1, c.time_within);
  }
}

// Whoever writes the arrays again does it once for all who share the pass.
TEST(DeviceCoefficientsTest, WritingWeightsAgainIsThePasses) {
  const DeviceModel device = Model("colonnade-65nm");
  const StepCostModel shares = Shares(device);
  const Joules passes = shares.AllPasses().energy;
  const Joules dram = device.PriceStep(kDecode).joules.dram;
  EXPECT_NEAR(passes / dram, 1, 0.01);
  EXPECT_LT(shares.Own(kDecode.sequences[0]).energy, 0.5 * passes);
}

TEST(DeviceCoefficientsTest, PowerIsTheDevicesStatic) {
  const DeviceModel device = Model("kv260-llama2");
  const StepCostModel shares = Shares(device);
  EXPECT_GT(shares.idle_power(), Watts(0));
  EXPECT_EQ(shares.idle_power(), device.around().idle);
  EXPECT_EQ(shares.busy_power(), device.around().idle);
  EXPECT_EQ(Shares(Model("colonnade-65nm")).idle_power(), Watts(0));
}

}  // namespace
}  // namespace mj
