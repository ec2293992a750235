#include "hw_backends/cpu/repack.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/panel.h"
#include "kernels/scalar/dequantize.h"
#include "kernels/scalar/panel_group.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

TEST(RepackTest, PanelsHoldTheDequantisedWeightsBitForBit) {
  for (TensorType type : kAllTensorTypes) {
    const int block = InfoOf(type).block_elements;
    const int64_t cols = block == 1 ? 45 : 2 * block, rows = 21;
    const int64_t groups = (cols + 31) / 32;
    const RandomMatrix matrix = MakeRandomMatrix(type, rows, cols, 1);
    std::vector<std::byte> panel(PanelBytes(type, groups));
    std::vector<float> want(cols), got(groups * 32);
    for (int64_t p = 0; p < 2; ++p) {
      std::fill(panel.begin(), panel.end(), std::byte{0});
      ASSERT_TRUE(RepackPanel(matrix.view(), p, panel.data()).ok());
      for (int64_t row = 16 * p; row < std::min(rows, 16 * (p + 1)); ++row) {
        scalar::DequantizeRow(type,
                              matrix.bytes.data() + row * RowBytes(type, cols),
                              want.data(), cols);
        scalar::ReadPanelRow(type, panel.data(), groups,
                             static_cast<int>(row % 16), got.data());
        EXPECT_EQ(std::memcmp(want.data(), got.data(), cols * sizeof(float)), 0)
            << InfoOf(type).name << " row " << row;
        for (int64_t k = cols; k < groups * 32; ++k) EXPECT_EQ(got[k], 0.0f);
      }
    }
  }
}

TEST(RepackTest, RefusesScalesAndValuesThatAreNotFinite) {
  for (TensorType type : kAllTensorTypes) {
    const int64_t cols = InfoOf(type).block_elements;
    std::vector<int> offsets = ScaleOffsets(type);
    if (offsets.empty()) offsets = {type == TensorType::kF32 ? 2 : 0};
    for (int offset : offsets) {
      RandomMatrix matrix = MakeRandomMatrix(type, 3, cols, 2);
      const bool brain = type == TensorType::kBF16 || type == TensorType::kF32;
      const uint16_t nan = brain ? 0x7FC0 : 0x7E00;
      std::memcpy(matrix.bytes.data() + 2 * RowBytes(type, cols) + offset, &nan,
                  2);
      std::vector<std::byte> panel(PanelBytes(type, (cols + 31) / 32));
      const absl::Status status = RepackPanel(matrix.view(), 0, panel.data());
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
          << InfoOf(type).name << " byte " << offset;
      EXPECT_NE(status.message().find("row 2"), absl::string_view::npos)
          << status;
    }
  }
}

}  // namespace
}  // namespace mj
