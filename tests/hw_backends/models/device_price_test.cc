#include "hw_backends/models/device_price.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

using testing::HasSubstr;

DeviceDescriptor Device(const std::string& name,
                        const std::vector<std::string>& set = {}) {
  DeviceFile file = *DeviceFile::Find(name, "");
  for (const std::string& assignment : set) {
    EXPECT_TRUE(file.Set(assignment).ok()) << assignment;
  }
  auto device = file.Read();
  EXPECT_TRUE(device.ok()) << device.status();
  return *std::move(device);
}

PricedOp Priced(const DeviceDescriptor& device, const DeviceOp& op) {
  auto priced = PriceOp(device, op);
  EXPECT_TRUE(priced.ok()) << priced.status();
  return *std::move(priced);
}

// 2 MACs / (b_x t), t = 0.4 ns (b_w + log2 rows + rows / registers + 2).
TEST(DevicePriceTest, ColonnadeOffItsTables) {
  const DeviceDescriptor device =
      Device("colonnade-65nm", {"registers=32", "rows=64"});
  const PricedOp priced = Priced(device, {{10, 9, 64}, 5, 8});
  EXPECT_EQ(priced.cost.cycles, 50);
  EXPECT_NEAR(priced.cost.time.count(), 50 * 0.4e-9 * (8 + 6 + 2 + 2), 1e-18);
  // The cells of half the rows: 64 x 9 weights at the point.
  EXPECT_NEAR(priced.cost.joules.macro.total().value(),
              50 * 64 * 9 * 144.3500315e-15, 1e-20);
  EXPECT_EQ(priced.utilisation, 1);
  EXPECT_TRUE(priced.placement.resident);
}

TEST(DevicePriceTest, FoldsCountWhatDoesNotFit) {
  // 2 x 3 tiles of 128 x 8 on one macro: six waves, loading apart.
  const PricedOp priced =
      Priced(Device("colonnade-65nm"), {{4, 17, 129}, 8, 8});
  EXPECT_EQ(priced.placement.tiles_needed, 6);
  EXPECT_EQ(priced.placement.tiles_had, 1);
  EXPECT_EQ(priced.placement.devices, 1);
  EXPECT_FALSE(priced.placement.resident);
  EXPECT_EQ(priced.cost.cycles, 6 * 4 * 8);
  EXPECT_DOUBLE_EQ(priced.utilisation, 17.0 * 129 / (6 * 128 * 8));
  EXPECT_EQ(priced.cost.bytes.weights, 17 * 129);
  EXPECT_NEAR(priced.placement.load_energy.value(),
              17 * 129 * (64e-12 + 8.824e-12), 1e-15);
}

TEST(DevicePriceTest, AnalogDevicesAreAsManyAsItTakes) {
  // 64 cores a chip, 65 needed.
  const PricedOp priced =
      Priced(Device("hermes-14nm"), {{1, 65 * 256, 256}, 8, 8});
  EXPECT_EQ(priced.placement.tiles_needed, 65);
  EXPECT_EQ(priced.placement.devices, 2);
  EXPECT_TRUE(priced.placement.resident);
  EXPECT_EQ(priced.cost.cycles, 1);
}

TEST(DevicePriceTest, ArraysThatRestDrawByTheirUse) {
  const DeviceOp op{{1, 256, 128}, 8, 8};
  const PricedOp whole = Priced(Device("hermes-14nm"), op);
  const PricedOp gated = Priced(Device("hermes-14nm", {"gated=yes"}), op);
  EXPECT_NEAR(gated.cost.joules.macro.total().value(),
              whole.cost.joules.macro.total().value() / 2, 1e-18);
}

TEST(DevicePriceTest, LanesWaitForMemory) {
  // 4 bits a weight at 85 % of 19.2 GB/s, 300 MHz: bound by memory.
  const PricedOp priced =
      Priced(Device("kv260-llama2"), {{1, 4096, 4096}, 16, 4});
  const double bytes = 4096.0 * 4096 / 2;
  EXPECT_NEAR(priced.cost.cycles, bytes * 300e6 / (0.85 * 19.2e9) + 8, 1);
  EXPECT_EQ(priced.placement.live, WeightsLive::kInDram);
  EXPECT_EQ(priced.placement.load_time.count(), 0);
  EXPECT_NEAR(priced.cost.joules.dram.value(), bytes * 160e-12, 1e-12);
  // With many rows they compute instead.
  EXPECT_EQ(
      Priced(Device("kv260-llama2"), {{64, 4096, 4096}, 16, 4}).cost.cycles,
      64 * 4096 * 32 + 8);
}

TEST(DevicePriceTest, SystolicCyclesAreThoseOfTheLaw) {
  const DeviceDescriptor device =
      Device("systolic-32x32", {"rows=16", "columns=64", "dataflow=os"});
  EXPECT_EQ(Priced(device, {{100, 70, 50}, 8, 8}).cost.cycles, 14 * 128 - 1);
}

TEST(DevicePriceTest, SparseWeightsTakeFewerCycles) {
  const Sparsity half{Sparsity::Kind::kNofM, 2, 4};
  const Sparsity blocks{Sparsity::Kind::kBlock, 3, 4};
  const auto cycles = [](const char* name, const Sparsity& sparsity) {
    return Priced(Device(name), {{64, 576, 1536}, 8, 8, sparsity}).cost.cycles;
  };
  EXPECT_EQ(cycles("hnm-cim", half) * 2, cycles("hnm-cim", {}));
  EXPECT_NEAR(cycles("cambricon-s", blocks), 0.75 * cycles("cambricon-s", {}),
              3);
  // An index beside each weight that is kept.
  EXPECT_EQ(Priced(Device("eyeriss-v2"), {{1, 64, 64}, 8, 8, half})
                .cost.bytes.weights,
            64 * 64 / 2 * 12 / 8);
}

TEST(DevicePriceTest, RefusesByName) {
  const auto message = [](const char* name, const DeviceOp& op) {
    return std::string(PriceOp(Device(name), op).status().message());
  };
  EXPECT_THAT(message("kv260-llama2", {{1, 1, 1}, 16, 8}),
              HasSubstr("kv260-llama2: weights of 8 bits are not among those "
                        "it takes: 4"));
  EXPECT_THAT(message("hermes-14nm", {{1, 1, 1}, 4, 8}),
              HasSubstr("inputs of 4 bits"));
  EXPECT_THAT(
      message("cimple-28nm", {{1, 1, 1}, 8, 8, {Sparsity::Kind::kNofM, 2, 4}}),
      HasSubstr("cimple-28nm: weights sparse 2:4 are not skipped"));
  EXPECT_THAT(
      message("hnm-cim", {{1, 1, 1}, 8, 8, {Sparsity::Kind::kBlock, 1, 2}}),
      HasSubstr("it takes dense, N:M"));
}

TEST(DevicePriceTest, NarrowInputsNeedAsManyBitsAsACycleTakes) {
  const DeviceDescriptor device =
      Device("zigzag-dimc-28nm", {"bits_per_cycle=4"});
  EXPECT_THAT(
      std::string(PriceOp(device, {{1, 32, 64}, 2, 8}).status().message()),
      HasSubstr("inputs of 2 bits are fewer than bits_per_cycle, 4"));
}

TEST(DevicePriceTest, AnExpertsWeightsAreReadOnceForAllItsRows) {
  const DeviceDescriptor device = Device("m3vit");
  const auto bytes = [&device](int64_t m) {
    return Priced(device, {{m, 64, 64}, 8, 8}).cost.bytes.weights;
  };
  EXPECT_NEAR(bytes(1), 0.12 * 4096, 1e-9);
  EXPECT_NEAR(bytes(2), (1 - 0.88 * 0.88) * 4096, 1e-9);
  EXPECT_NEAR(bytes(1000), 4096, 1e-9);
}

TEST(DevicePriceTest, PlatformsArePricedWithoutTheirHost) {
  // 1e10 operations at 600 T/s, and 25 MB at 2680 GB/s.
  const PricedOp priced = Priced(Device("h100-sxm"), {{64, 5000, 5000}, 8, 8});
  const double computing = 3.2e9 / 600e12, reading = 25e6 / 2680e9;
  EXPECT_NEAR(priced.cost.time.count(), std::hypot(computing, reading), 1e-9);
  EXPECT_NEAR(priced.cost.joules.dram.value(), 25e6 * 37e-12, 1e-9);
  const PricedOp slow =
      Priced(Device("h100-sxm", {"frequency=990"}), {{64, 5000, 5000}, 8, 8});
  EXPECT_GT(slow.cost.time, priced.cost.time);
}

}  // namespace
}  // namespace mj
