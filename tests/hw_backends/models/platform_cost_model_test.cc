#include "hw_backends/models/platform_cost_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "hw_backends/models/shape_file.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

// Round numbers: 1e12 operations and 1e10 bytes a second at the full clock.
PlatformDescriptor RoundPlatform() {
  PlatformDescriptor p;
  p.name = "round";
  p.clocks = {Hertz(500e6), Hertz(1000e6)};
  p.voltage = {{Hertz(500e6), 0.5}, {Hertz(1000e6), 1}};
  p.linear_per_second = p.other_per_second = 1e12;
  p.bytes_per_second = 1e10;
  p.memory_bytes = 1'000'000'000;
  p.idle_constant = Watts(10);
  p.idle_clocking = Watts(8);
  p.busy_clocking = Watts(16);
  p.linear_operation = p.other_operation = Joules(1e-12);
  p.memory_byte = Joules(1e-10);
  p.control_byte = Joules(4e-10);
  p.step_overhead = Seconds(0.5);
  p.sequence_overhead = Seconds(0.25);
  return p;
}

PlatformCostModel RoundModel(int devices) {
  return PlatformCostModel(Smollm2Shape(), {}, RoundPlatform(), devices);
}

TEST(PlatformCostModelTest, PricesDemandByHand) {
  const PlatformCostModel model = RoundModel(1);
  const StepDemand demand{.linear_operations = 3e12,
                          .padded_linear_operations = 3e12,
                          .weight_bytes = 4e10,
                          .num_sequences = 2};
  // hypot(3 s, 4 s), and 0.5 + 2 x 0.25 s of the host.
  const Price full = model.PriceAt(demand, 1);
  EXPECT_DOUBLE_EQ(full.time.count(), 6);
  EXPECT_DOUBLE_EQ(full.energy.value(), 18 * 6 + 16 * 5 + 3 + 4 + 16);
  // Half the clock: computing takes twice as long, V^2 is a quarter.
  const Price half = model.PriceAt(demand, 0);
  const double device = std::hypot(6, 4);
  EXPECT_DOUBLE_EQ(half.time.count(), device + 1);
  EXPECT_DOUBLE_EQ(half.energy.value(),
                   11 * (device + 1) + 2 * device + 3 * 0.25 + 4 + 16 * 0.25);
}

TEST(PlatformCostModelTest, DevicesShareTheWorkAndDrawTheirOwnPower) {
  const StepDemand demand{.linear_operations = 3e12,
                          .padded_linear_operations = 3e12,
                          .weight_bytes = 4e10};
  const Price one = RoundModel(1).PriceAt(demand, 1);
  const Price two = RoundModel(2).PriceAt(demand, 1);
  EXPECT_DOUBLE_EQ(two.time.count() - 0.5, (one.time.count() - 0.5) / 2);
  EXPECT_DOUBLE_EQ(RoundModel(2).idle_power(1).value(), 36);
}

TEST(PlatformCostModelTest, RowsArePaddedToTiles) {
  PlatformDescriptor p = RoundPlatform();
  p.tile_rows = 8;
  const PlatformCostModel model(Smollm2Shape(), {}, p, 1);
  const auto demand = [&](int rows) {
    return model.DemandOf({{{.num_tokens = rows}}});
  };
  EXPECT_DOUBLE_EQ(demand(8).padded_linear_operations,
                   demand(8).linear_operations);
  EXPECT_DOUBLE_EQ(demand(9).padded_linear_operations,
                   2 * demand(8).padded_linear_operations);
  EXPECT_LT(demand(9).linear_operations, demand(16).linear_operations);
}

TEST(PlatformCostModelTest, DemandIsTheSumOfTheOps) {
  const PlatformCostModel model = RoundModel(1);
  const StepShape step{{{7, 0, 1}, {1, 300, 1}, {1, 0, 0}}};
  const Work work = TotalWork(StepOps(Smollm2Shape(), step, {}));
  const StepDemand demand = model.DemandOf(step);
  EXPECT_EQ(demand.linear_operations, work.linear_operations);
  EXPECT_EQ(demand.other_operations, work.other_operations);
  EXPECT_EQ(demand.weight_bytes, work.weight_bytes);
  EXPECT_EQ(demand.kv_bytes, work.kv_read_bytes + work.kv_write_bytes);
}

PlatformCostModel Real(const char* platform, const char* shape) {
  auto p = FindPlatform(platform);
  const auto s = FindShape(shape);
  EXPECT_TRUE(p.ok() && s.ok());
  return PlatformCostModel(s->shape, {.activation_bytes = 2}, *std::move(p), 1);
}

class EveryPlatform : public testing::TestWithParam<const char*> {};

TEST_P(EveryPlatform, FasterClocksNeverTakeLonger) {
  const PlatformCostModel model = Real(GetParam(), "llama-3.1-8b");
  for (const int rows : {1, 64, 512}) {
    const StepDemand demand = model.DemandOf({{{rows, 100, 1}}});
    for (int clock = 1; clock < model.num_clocks(); ++clock) {
      EXPECT_LE(model.PriceAt(demand, clock).time,
                model.PriceAt(demand, clock - 1).time);
      EXPECT_GE(model.idle_power(clock), model.idle_power(clock - 1));
    }
  }
}

// Decode hardly knows the clock near its top; prompts follow it.
TEST_P(EveryPlatform, PromptsFollowTheClockMoreThanDecodeDoes) {
  const PlatformCostModel model = Real(GetParam(), "llama-3.1-8b");
  const int full = model.full_clock(), lower = full - full / 3;
  const auto slowdown = [&](int rows) {
    const StepDemand demand = model.DemandOf({{{rows, 0, 1}}});
    return model.PriceAt(demand, lower).time / model.PriceAt(demand, full).time;
  };
  const double clocks = model.clocks()[full] / model.clocks()[lower];
  EXPECT_GT(slowdown(512), 1 + 0.6 * (clocks - 1));
  EXPECT_LT(slowdown(1), 1 + 0.4 * (clocks - 1));
}

INSTANTIATE_TEST_SUITE_P(Compiled, EveryPlatform,
                         testing::Values("a100-80g", "h100-sxm", "npu-7nm",
                                         "epyc-zen4", "xeon-spr"));

// The kernels of an A800, products of rows enough to compute all the time:
// E(210) = 1.19 and E(1050) = 0.75 of E(1410), T ~ f^-0.93. The model is as
// near to it as 54 W of deep idle allow.
TEST(PlatformCostModelTest, A100FollowsTheMeasuredCurve) {
  const PlatformCostModel model = Real("a100-80g", "llama-3.1-8b");
  const StepDemand demand = model.DemandOf({{{4096, 0, 0}}});
  const auto at = [&](double mhz) {
    return model.PriceAt(demand,
                         *NearestClock(model.platform(), Hertz(mhz * 1e6)));
  };
  EXPECT_NEAR(at(1050).energy / at(1410).energy, 0.75, 0.06);
  EXPECT_NEAR(at(210).energy / at(1410).energy, 1.19, 0.3);
  const double exponent =
      std::log(at(210).time / at(1410).time) / std::log(1410.0 / 210);
  EXPECT_NEAR(exponent, 0.93, 0.08);
}

TEST(PlatformCostModelTest, A100DrawsAtMostItsSpecification) {
  const PlatformCostModel model = Real("a100-80g", "llama-3.1-8b");
  for (const int rows : {1, 64, 512, 4096}) {
    const Price full =
        model.PriceAt(model.DemandOf({{{rows, 0, 1}}}), model.full_clock());
    EXPECT_LT((full.energy / full.time).value(), 405) << rows;
  }
}

TEST(PlatformCostModelTest, AsManyDevicesAsTheWeightsNeed) {
  const auto a100 = FindPlatform("a100-80g");
  const auto devices = [&](const char* shape) {
    return DevicesFor(FindShape(shape)->weight_bytes, *a100);
  };
  EXPECT_EQ(devices("llama-3.1-8b"), 1);
  EXPECT_EQ(devices("qwen3-32b"), 2);
  EXPECT_EQ(devices("llama-3.1-70b"), 4);
}

}  // namespace
}  // namespace mj
