#include "hw_backends/models/cpu_platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_backends/models/platform_cost_model.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PlatformDescriptor PlatformOf(const CpuDescriptor& cpu, const CpuShare& share) {
  absl::StatusOr<PlatformDescriptor> kin = KinOf(cpu, "AuthenticAMD");
  EXPECT_TRUE(kin.ok()) << kin.status();
  return CpuPlatform(*std::move(kin), cpu, share, "bf16");
}

// Both price the same machine: a roofline whose halves overlap, and one whose
// parts come one after another.
TEST(CpuPlatformTest, FullClockCostsWhatTheAccountSays) {
  const CpuShare share = {2, 2};
  const StepShape steps[] = {
      {{{.num_tokens = 256, .num_logits = 1}}},
      {{{.num_tokens = 1, .context_tokens = 300, .num_logits = 1}}},
      {std::vector<SequenceShape>(32, {1, 500, 1})},
  };
  const auto cpus = CompiledCpuDescriptors();
  ASSERT_TRUE(cpus.ok());
  for (const CpuDescriptor& cpu : *cpus) {
    SCOPED_TRACE(cpu.name);
    const StepCostModel account(Smollm2Shape(), {}, cpu, share, "bf16");
    PlatformDescriptor platform = PlatformOf(cpu, share);
    EXPECT_THAT(platform.calibration, HasSubstr(cpu.calibration));
    platform.step_overhead = platform.sequence_overhead = Seconds(0);
    const PlatformCostModel model(Smollm2Shape(), {}, platform, 1);
    EXPECT_DOUBLE_EQ(model.idle_power(model.full_clock()).value(),
                     account.idle_power().value());
    for (const StepShape& step : steps) {
      const Price full =
          model.PriceAt(model.DemandOf(step), model.full_clock());
      const Price want = account.Step(step);
      EXPECT_GT(full.time, 0.5 * want.time);
      EXPECT_LT(full.time, 1.5 * want.time);
      EXPECT_GT(full.energy, 0.5 * want.energy);
      EXPECT_LT(full.energy, 1.5 * want.energy);
    }
  }
}

TEST(CpuPlatformTest, KinIsOfTheSameNameElseOfTheSameVendor) {
  CpuDescriptor cpu;
  cpu.name = "xeon-spr";
  EXPECT_EQ(KinOf(cpu, "AuthenticAMD")->name, "xeon-spr");
  cpu.name = "epyc-zen3";
  EXPECT_EQ(KinOf(cpu, "AuthenticAMD")->name, "epyc-zen4");
  EXPECT_EQ(KinOf(cpu, "GenuineIntel")->name, "xeon-spr");
  EXPECT_EQ(KinOf(cpu, "")->name, "epyc-zen4");
}

ActuatorInfo<Hertz> Range(double low, double high) {
  return {.name = "cpufreq", .low = Hertz(low), .high = Hertz(high)};
}

TEST(TakeClocksTest, ARangeIsCutIntoSteps) {
  PlatformDescriptor platform;
  TakeClocks(Range(1e9, 1.24e9), platform);
  EXPECT_THAT(platform.clocks,
              ElementsAre(Hertz(1e9), Hertz(1.1e9), Hertz(1.24e9)));
  TakeClocks(Range(1e9, 1.01e9), platform);
  EXPECT_THAT(platform.clocks, ElementsAre(Hertz(1e9), Hertz(1.01e9)));
  TakeClocks(Range(0.4e9, 5.7e9), platform);
  EXPECT_LE(platform.clocks.size(), 32u);
  EXPECT_EQ(platform.clocks.front(), Hertz(0.4e9));
  EXPECT_EQ(platform.clocks.back(), Hertz(5.7e9));
  EXPECT_TRUE(std::is_sorted(platform.clocks.begin(), platform.clocks.end()));
}

TEST(TakeClocksTest, LevelsAreTakenAsTheyAreUnlessTheyAreMany) {
  ActuatorInfo<Hertz> info = Range(1e9, 2e9);
  info.levels = {Hertz(1e9), Hertz(1.4e9), Hertz(2e9)};
  PlatformDescriptor platform;
  TakeClocks(info, platform);
  EXPECT_EQ(platform.clocks, info.levels);
  info.levels.clear();
  for (int i = 0; i < 100; ++i) info.levels.emplace_back(1e9 + i * 1e7);
  TakeClocks(info, platform);
  EXPECT_EQ(platform.clocks.size(), 32u);
  EXPECT_EQ(platform.clocks.front(), info.levels.front());
  EXPECT_EQ(platform.clocks.back(), info.levels.back());
}

TEST(TakeClocksTest, TheVoltageIsFlatUpToTheMostEfficientClock) {
  PlatformDescriptor platform;
  platform.voltage = {{Hertz(1.8e9), 0.72}, {Hertz(3.5e9), 1}};
  ActuatorInfo<Hertz> info = Range(1e9, 3.5e9);
  info.most_efficient = Hertz(2.4e9);
  TakeClocks(info, platform);
  EXPECT_DOUBLE_EQ(RelativeVoltage(platform, Hertz(2.4e9)), 0.72);
  EXPECT_DOUBLE_EQ(RelativeVoltage(platform, Hertz(1.2e9)), 0.72);
  EXPECT_GT(RelativeVoltage(platform, Hertz(2.5e9)), 0.72);
  EXPECT_DOUBLE_EQ(RelativeVoltage(platform, Hertz(3.5e9)), 1);
}

}  // namespace
}  // namespace mj
