#include "hw_backends/models/step_cost_model.h"

#include <gtest/gtest.h>

#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

// Round numbers: an operation takes 1 s / 1e12, a byte 1 s / 1e10.
CpuDescriptor RoundCpu() {
  CpuDescriptor cpu;
  cpu.package_cores = 10;
  cpu.f32 = {Joules(10e-12), 1e12};
  cpu.int8 = {Joules(1e-12), 4e12};
  cpu.weight_byte = Joules(100e-12);
  cpu.kv_byte = Joules(200e-12);
  cpu.activation_byte = Joules(3e-12);
  cpu.core_bytes_per_second = 1e10;
  cpu.package_bytes_per_second = 1.5e10;
  cpu.core_active = Watts(1);
  cpu.uncore = Watts(50);
  cpu.idle = Watts(20);
  return cpu;
}

StepCostModel Model(const CpuShare& share, std::string_view numerics = "f32") {
  return StepCostModel(Smollm2Shape(), {}, RoundCpu(), share, numerics);
}

TEST(StepCostModelTest, PricesWorkByHand) {
  const StepCostModel model = Model({.threads = 1, .cores = 2});
  EXPECT_DOUBLE_EQ(model.busy_power().value(), 1 + 50 * 0.2);
  EXPECT_DOUBLE_EQ(model.idle_power().value(), 20 * 0.2);
  // Memory-bound: 1e9 weight bytes take 0.1 s, 1e9 operations 1 ms.
  const Price memory = model.PriceWork(
      {.linear_operations = 1'000'000'000, .weight_bytes = 1'000'000'000});
  EXPECT_DOUBLE_EQ(memory.time.count(), 0.1);
  EXPECT_DOUBLE_EQ(memory.energy.value(), 0.01 + 0.1 + 11 * 0.1);
  // Compute-bound.
  const Price compute = model.PriceWork({.other_operations = 1'000'000'000,
                                         .kv_read_bytes = 1'000'000,
                                         .kv_write_bytes = 1'000'000,
                                         .activation_bytes = 1'000'000'000});
  EXPECT_DOUBLE_EQ(compute.time.count(), 1e-3);
  EXPECT_DOUBLE_EQ(compute.energy.value(), 0.01 + 0.0004 + 0.003 + 0.011);
}

TEST(StepCostModelTest, ThreadsShareThePackagesBandwidth) {
  const Work bytes{.weight_bytes = 3'000'000'000};
  EXPECT_DOUBLE_EQ(Model({1, 8}).PriceWork(bytes).time.count(), 0.3);
  EXPECT_DOUBLE_EQ(Model({8, 8}).PriceWork(bytes).time.count(), 0.2);
}

TEST(StepCostModelTest, MoreCoresThanThePackageHasAreOnePackage) {
  EXPECT_DOUBLE_EQ(Model({1, 64}).idle_power().value(), 20);
}

TEST(StepCostModelTest, NumericsPriceTheLinearOperationsOnly) {
  const Work linear{.linear_operations = 4'000'000'000'000};
  const Work other{.other_operations = 4'000'000'000'000};
  EXPECT_DOUBLE_EQ(Model({1, 2}, "int8").PriceWork(linear).time.count(), 1);
  EXPECT_DOUBLE_EQ(Model({1, 2}, "int8").PriceWork(other).time.count(), 4);
}

TEST(StepCostModelTest, AStepIsItsPassesAndItsMembers) {
  const StepCostModel model = Model({2, 2});
  const SequenceShape decode{1, 300, 1}, prefill{64, 0, 0};
  const StepShape step{{decode, prefill}};
  Price want = model.AllPasses();
  want += model.Own(decode);
  want += model.Own(prefill);
  EXPECT_DOUBLE_EQ(model.Step(step).energy.value(), want.energy.value());
  EXPECT_DOUBLE_EQ(model.Step(step).time.count(), want.time.count());
  EXPECT_EQ(model.Step({}).energy, Joules(0));
  EXPECT_LT(model.Step({{prefill}}).time,
            model.AllPasses().time + model.Own(prefill).time);
}

// Plausibility: a 135M model at one stream draws tens of millijoules a token
// on every CPU described, and batching 32 saves more than half.
TEST(StepCostModelTest, DescribedCpusArePlausible) {
  const auto cpus = CompiledCpuDescriptors();
  ASSERT_TRUE(cpus.ok());
  for (const CpuDescriptor& cpu : *cpus) {
    for (const char* numerics : {"f32", "bf16", "int8"}) {
      const StepCostModel model(Smollm2Shape(), {}, cpu, {2, 2}, numerics);
      const SequenceShape decode{1, 100, 1};
      const double one = model.Step({{decode}}).energy.value();
      const StepShape batch{std::vector<SequenceShape>(32, decode)};
      const double in_batch = model.Step(batch).energy.value() / 32;
      std::printf("%-12s %-5s %6.2f mJ/token alone, %6.2f in 32\n",
                  cpu.name.c_str(), numerics, one * 1e3, in_batch * 1e3);
      EXPECT_GT(one, 5e-3);
      EXPECT_LT(one, 100e-3);
      EXPECT_LT(in_batch, one / 2);
    }
  }
}

}  // namespace
}  // namespace mj
