#include "kernels/linear_bit_serial.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "kernels/bit_planes.h"
#include "kernels/scalar/panel_group.h"
#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/panels.h"

namespace mj {
namespace {

// Rows of int8, their planes, and the same panels with codes either way.
struct Case {
  Case(const KernelTable& kernels, TensorType type, int64_t outputs,
       int64_t cols, int64_t rows)
      : panels(type, outputs, cols, 1),
        rows(rows),
        codes(32 * rows * panels.groups),
        scales(rows * panels.groups),
        totals(rows * panels.groups),
        sums(2 * rows * panels.groups),
        bits(8 * rows * panels.groups) {
    const std::vector<float> x = RandomFloats(codes.size(), 2);
    kernels.quantise_rows(x.data(), 32 * panels.groups, rows, panels.groups,
                          int8());
    SetPlanes();
    const int64_t count = (outputs + kPanelRows - 1) / kPanelRows;
    planes.reset(
        static_cast<std::byte*>(std::aligned_alloc(64, count * panels.size)));
    std::fill_n(planes.get(), count * panels.size, std::byte{0});
    for (int64_t p = 0; p < count; ++p) {
      EXPECT_TRUE(RepackPanel(panels.matrix.view(), p,
                              planes.get() + p * panels.size,
                              CodeOrder::kPlanes)
                      .ok());
    }
  }
  void SetPlanes() {
    for (size_t g = 0; g < scales.size(); ++g) {
      ToPlanes(reinterpret_cast<const uint8_t*>(codes.data() + 32 * g),
               bits.data() + 8 * g);
    }
  }
  Int8Rows int8() {
    return {codes.data(), scales.data(), sums.data(), totals.data(), rows};
  }
  template <class Args>
  Args ArgsFor(const std::byte* weights, std::vector<float>& y) {
    Args args;
    args.type = panels.matrix.type;
    args.panels = weights;
    args.groups = panels.groups;
    args.num_outputs = panels.matrix.rows;
    args.y = y.data();
    args.y_stride = panels.matrix.rows;
    return args;
  }
  // y [count, outputs] of rows [first, first + count).
  std::vector<float> Int8(const KernelTable& kernels, int64_t first,
                          int64_t count) {
    std::vector<float> y(count * panels.matrix.rows);
    auto args = ArgsFor<LinearInt8Args>(panels.bytes.get(), y);
    args.x = int8().From(first);
    args.rows = count;
    kernels.linear_int8(args);
    return y;
  }
  std::vector<float> BitSerial(const KernelTable& kernels, int64_t first,
                               int64_t count, const float* bias = nullptr,
                               const std::vector<float>* old = nullptr) {
    std::vector<float> y(count * panels.matrix.rows);
    if (old != nullptr) y = *old;
    auto args = ArgsFor<LinearBitSerialArgs>(planes.get(), y);
    args.x =
        BitRows{bits.data(), scales.data(), totals.data(), rows}.From(first);
    args.rows = count;
    args.bias = bias;
    args.accumulate = old != nullptr;
    kernels.linear_bit_serial(args);
    return y;
  }

  Panels panels;
  int64_t rows;
  std::vector<int8_t> codes;
  std::vector<float> scales, totals;
  std::vector<int32_t> sums;
  std::vector<uint32_t> bits;
  std::unique_ptr<std::byte, FreeDeleter> planes;
};

std::vector<KernelVersion> Versions() {
  std::vector<KernelVersion> versions = {{"scalar", ScalarKernels()}};
  CpuFeatures cpu = ReadCpuFeatures();
  for (Isa isa : {Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (const auto kernels = ChooseKernels(cpu, isa)) {
      versions.push_back({std::string(IsaName(isa)), *kernels});
    }
  }
  cpu.avx512_vpopcntdq = false;
  if (const auto kernels = ChooseKernels(cpu, Isa::kAvx512)) {
    versions.push_back({"avx512_without_popcnt", *kernels});
  }
  return versions;
}

class BitSerialTest : public testing::TestWithParam<KernelVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, BitSerialTest, testing::ValuesIn(Versions()),
                         VersionName);

TEST_P(BitSerialTest, HasTheBitsOfInt8Products) {
  const KernelTable& kernels = GetParam().kernels;
  for (TensorType type : kAllTensorTypes) {
    if (PanelLayoutOf(type).bits == 0) continue;
    const int64_t block = std::max(32, InfoOf(type).block_elements);
    for (const auto [outputs, cols, rows] :
         {std::array<int64_t, 3>{1, block, 1},
          {17, 3 * block, 3},
          {33, 2 * block, 1},
          {43, 2 * block, 70}}) {
      Case c(kernels, type, outputs, cols, rows);
      const std::vector<float> want = c.Int8(kernels, 0, rows);
      EXPECT_EQ(c.BitSerial(kernels, 0, rows), want)
          << InfoOf(type).name << " outputs " << outputs << " cols " << cols
          << " rows " << rows;
      // The rule of bits: any number of rows, at any place.
      const std::vector<float> last = c.BitSerial(kernels, rows - 1, 1);
      EXPECT_TRUE(std::equal(last.begin(), last.end(), want.end() - outputs));
    }
  }
}

TEST_P(BitSerialTest, ExtremesAreExact) {
  const KernelTable& kernels = GetParam().kernels;
  for (TensorType type : kAllTensorTypes) {
    if (PanelLayoutOf(type).bits == 0) continue;
    Case c(kernels, type, 16, std::max(32, InfoOf(type).block_elements), 2);
    for (int8_t code : {-127, -1, 0, 127}) {
      std::fill(c.codes.begin(), c.codes.end(), code);
      std::fill(c.sums.begin(), c.sums.end(), 16 * code);
      c.SetPlanes();
      EXPECT_EQ(c.BitSerial(kernels, 0, 2), c.Int8(kernels, 0, 2))
          << InfoOf(type).name << " code " << int{code};
    }
  }
}

TEST_P(BitSerialTest, AddsBiasThenTheOldValue) {
  const KernelTable& kernels = GetParam().kernels;
  Case c(kernels, TensorType::kQ4_1, 37, 64, 3);
  const std::vector<float> bias = RandomFloats(37, 7);
  const std::vector<float> old = RandomFloats(3 * 37, 8);
  const auto plain = c.BitSerial(kernels, 0, 3);
  const auto y = c.BitSerial(kernels, 0, 3, bias.data(), &old);
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(y[i], old[i] + (plain[i] + bias[i % 37])) << i;
  }
}

TEST(BitPlanesTest, RowsReadAsTheyDoFromPanels) {
  for (TensorType type : kAllTensorTypes) {
    if (PanelLayoutOf(type).bits == 0) continue;
    Case c(ScalarKernels(), type, 16, 512, 1);
    std::vector<float> want(512), got(512);
    for (int lane = 0; lane < kPanelRows; ++lane) {
      scalar::ReadPanelRow(type, c.panels.bytes.get(), 16, lane, want.data());
      ReadPlaneRow(type, c.planes.get(), 16, lane, got.data());
      EXPECT_EQ(got, want) << InfoOf(type).name << " row " << lane;
    }
  }
}

}  // namespace
}  // namespace mj
