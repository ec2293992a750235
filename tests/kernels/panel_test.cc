#include "kernels/panel.h"

#include <gtest/gtest.h>

#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

TEST(PanelTest, TakesTheBytesThatTheFileTakes) {
  for (TensorType type : kAllTensorTypes) {
    EXPECT_EQ(PanelBytes(type, 64), kPanelRows * RowBytes(type, 64 * 32))
        << InfoOf(type).name;
  }
}

TEST(PanelTest, IsAMultipleOf64Bytes) {
  for (TensorType type : kAllTensorTypes) {
    for (int64_t groups : {1, 3, 8, 9, 24}) {
      const size_t bytes = PanelBytes(type, groups);
      EXPECT_EQ(bytes % 64, 0u) << InfoOf(type).name << " groups " << groups;
      EXPECT_GE(bytes, groups * PanelLayoutOf(type).code_bytes);
    }
  }
}

struct LayoutCase {
  TensorType type;
  int groups;
  int64_t block_at, integers_at;
};

TEST(PanelTest, PlacesScales) {
  constexpr LayoutCase kCases[] = {
      {TensorType::kQ4_0, 3, 3 * 32, 4 * 32},
      {TensorType::kQ4_1, 3, 3 * 64, 4 * 64},
      {TensorType::kQ4_K, 7, 0, 64 + 7 * 24},
      {TensorType::kQ5_K, 17, 2 * 256, 2 * 256 + 64 + 24},
      {TensorType::kQ6_K, 9, 288, 288 + 32 + 32},
  };
  for (const LayoutCase& c : kCases) {
    const PanelLayout layout = PanelLayoutOf(c.type);
    EXPECT_EQ(layout.block_at(c.groups), c.block_at) << InfoOf(c.type).name;
    EXPECT_EQ(layout.integers_at(c.groups), c.integers_at)
        << InfoOf(c.type).name;
  }
}

}  // namespace
}  // namespace mj
