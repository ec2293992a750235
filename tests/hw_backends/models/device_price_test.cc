#include "hw_backends/models/device_price.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

using testing::AnyOf;
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

TEST(DevicePriceTest, WrittenWeightsBringTheirIndices) {
  const Sparsity half{Sparsity::Kind::kNofM, 2, 4};
  const PricedOp dense = Priced(Device("hnm-cim"), {{1, 64, 128}, 8, 8});
  const PricedOp sparse = Priced(Device("hnm-cim"), {{1, 64, 128}, 8, 8, half});
  EXPECT_EQ(dense.cost.bytes.weights, 64 * 128);
  EXPECT_EQ(sparse.cost.bytes.weights, 64 * 128 * (8 + 2) / 2 / 8);
  EXPECT_NEAR(sparse.placement.load_energy / dense.placement.load_energy,
              10.0 / 16, 1e-12);
}

// 0.2 b_x b_w / 64 + 0.1, and moves by the bits that move.
TEST(DevicePriceTest, NarrowMacsTakeLess) {
  const auto joules = [](const char* device, int input_bits, int weight_bits) {
    return Priced(Device(device), {{1, 64, 64}, input_bits, weight_bits})
        .cost.joules;
  };
  constexpr double kMac = 4096 * 1.43e-12;
  EXPECT_NEAR(joules("cambricon-s", 8, 8).macro.array.value(), kMac, 1e-15);
  EXPECT_NEAR(joules("cambricon-s", 8, 4).macro.array.value(), kMac * 2 / 3,
              1e-15);
  EXPECT_NEAR(joules("cambricon-s", 16, 16).macro.array.value(), kMac * 3,
              1e-15);
  EXPECT_NEAR(joules("eyeriss-v1", 16, 16).macro.array.value(), kMac, 1e-15);
  EXPECT_NEAR(joules("eyeriss-v1", 16, 16).noc.value(), 4 * kMac, 1e-15);
  EXPECT_NEAR(joules("eyeriss-v1", 8, 8).macro.array.value(), kMac / 3, 1e-15);
  EXPECT_NEAR(joules("eyeriss-v1", 8, 8).noc.value(), 2 * kMac, 1e-15);
}

TEST(DevicePriceTest, SplitUnitsAreAsFastAsWeightsAreNarrow) {
  const auto priced = [](int weight_bits) {
    return Priced(Device("northpole-12nm"),
                  {{1024, 4096, 4096}, 8, weight_bits});
  };
  const double four = priced(4).cost.cycles - 8;
  EXPECT_EQ(four, 1024.0 * 4096 * 4096 / (1024 * 512));
  EXPECT_EQ(priced(8).cost.cycles - 8, 2 * four);
  EXPECT_EQ(priced(2).cost.cycles - 8, four / 2);
  EXPECT_NEAR(priced(8).utilisation, 1, 1e-3);
}

// Two ops of which the first has less to do, by one attribute.
struct Pair {
  DeviceOp less, more;
};

// All that differ in the first of `values` and a later one, ascending.
template <class T, class Set>
void AddPairs(const DeviceOp& op, const std::vector<T>& values, const Set& set,
              std::vector<Pair>& pairs) {
  for (size_t more = 1; more < values.size(); ++more) {
    for (size_t less = 0; less < more; ++less) {
      Pair pair{op, op};
      set(pair.less, values[less]);
      set(pair.more, values[more]);
      pairs.push_back(pair);
    }
  }
}

std::vector<Pair> AttributePairs(const GemmShape& gemm) {
  using Kind = Sparsity::Kind;
  const std::vector<int> kBits = {2, 4, 8, 16};
  const std::vector<std::vector<Sparsity>> kSparsities = {
      {{Kind::kNofM, 1, 4}, {Kind::kNofM, 2, 4}, {Kind::kNofM, 3, 4}, {}},
      {{Kind::kNofM, 1, 8}, {Kind::kNofM, 4, 8}, {Kind::kNofM, 7, 8}, {}},
      {{Kind::kNofM, 4, 4}, {}},
      {{Kind::kBlock, 1, 4}, {Kind::kBlock, 3, 4}, {}}};
  std::vector<Pair> pairs;
  for (const int bits : kBits) {
    for (const int other : kBits) {
      for (const std::vector<Sparsity>& sparsities : kSparsities) {
        AddPairs(
            {gemm, bits, other}, sparsities,
            [](DeviceOp& op, Sparsity s) { op.sparsity = s; }, pairs);
      }
    }
    for (const Sparsity& sparsity :
         {Sparsity{}, kSparsities[0][1], kSparsities[3][1]}) {
      AddPairs(
          {gemm, bits, bits, sparsity}, kBits,
          [](DeviceOp& op, int b) { op.input_bits = b; }, pairs);
      AddPairs(
          {gemm, bits, bits, sparsity}, kBits,
          [](DeviceOp& op, int b) { op.weight_bits = b; }, pairs);
    }
  }
  return pairs;
}

std::string Words(const DeviceOp& op) {
  return absl::StrCat(op.gemm.m, ",", op.gemm.n, ",", op.gemm.k, " ",
                      op.input_bits, " x ", op.weight_bits, " ",
                      SparsityName(op.sparsity));
}

// A price, or a refusal that names the device and what it does not take.
std::optional<PricedOp> PriceOrRefusal(const DeviceDescriptor& device,
                                       const DeviceOp& op) {
  const absl::StatusOr<PricedOp> priced = PriceOp(device, op);
  if (priced.ok()) return *priced;
  EXPECT_EQ(priced.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(priced.status().message());
  EXPECT_THAT(message, HasSubstr(device.name + ": "));
  EXPECT_THAT(message,
              AnyOf(HasSubstr(absl::StrCat("inputs of ", op.input_bits)),
                    HasSubstr(absl::StrCat("weights of ", op.weight_bits)),
                    HasSubstr("sparse " + SparsityName(op.sparsity))));
  EXPECT_THAT(message, HasSubstr("it takes"));
  return std::nullopt;
}

void ExpectNoMore(const PricedOp& less, const PricedOp& more) {
  constexpr double kRounding = 1 + 1e-12;
  const auto no_more = [](double a, double b) { EXPECT_LE(a, b * kRounding); };
  no_more(less.cost.cycles, more.cost.cycles);
  no_more(less.cost.time.count(), more.cost.time.count());
  no_more(less.cost.joules.total().value(), more.cost.joules.total().value());
  no_more(less.cost.bytes.weights, more.cost.bytes.weights);
  no_more(less.placement.load_energy.value(),
          more.placement.load_energy.value());
  no_more(less.placement.load_time.count(), more.placement.load_time.count());
  EXPECT_LE(less.placement.devices, more.placement.devices);
}

TEST(DevicePriceTest, FewerBitsAndSparserNeverCostMoreOnAnyDevice) {
  const std::vector<std::string> names = DeviceNames();
  EXPECT_GE(names.size(), 21u);
  for (const std::string& name : names) {
    const DeviceDescriptor device = Device(name);
    int priced = 0;
    for (const GemmShape& gemm :
         {GemmShape{1, 576, 1536}, {64, 576, 1536}, {3, 70, 50}, {1, 1, 1}}) {
      for (const Pair& pair : AttributePairs(gemm)) {
        SCOPED_TRACE(
            absl::StrCat(name, ": ", Words(pair.less), ", ", Words(pair.more)));
        const auto less = PriceOrRefusal(device, pair.less);
        const auto more = PriceOrRefusal(device, pair.more);
        if (!less || !more) continue;
        ++priced;
        ExpectNoMore(*less, *more);
      }
    }
    const bool one_way = device.input_bits.size() == 1 &&
                         device.weight_bits.size() == 1 &&
                         !device.takes_n_of_m && !device.takes_block;
    EXPECT_EQ(priced == 0, one_way) << name;
  }
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
