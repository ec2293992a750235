#include "kernels/kv_block.h"

#include <gtest/gtest.h>

#include <set>

namespace mj {
namespace {

TEST(KvBlockTest, HeadsAreWholeVectors) {
  const struct {
    int head_dim, padded;
  } cases[] = {{1, 16}, {16, 16}, {21, 32}, {64, 64}, {80, 80}, {250, 256}};
  for (const auto& c : cases) {
    EXPECT_EQ(PaddedHeadDim(c.head_dim), c.padded);
    EXPECT_EQ(KvBlockBytes(KvType::kF32, c.head_dim), 2 * 32 * c.padded * 4);
    EXPECT_EQ(KvBlockBytes(KvType::kBF16, c.head_dim), 2 * 32 * c.padded * 2);
    EXPECT_EQ(KvBlockBytes(KvType::kInt8, c.head_dim), 2 * 32 * (c.padded + 4));
  }
}

TEST(KvBlockTest, EveryElementHasAPlaceOfItsOwn) {
  constexpr int kPadded = 48;
  for (KvType type : kAllKvTypes) {
    std::set<int64_t> keys, values;
    for (int slot = 0; slot < kKvBlockSlots; ++slot) {
      for (int d = 0; d < kPadded; ++d) {
        keys.insert(KeyIndex(type, slot, d));
        values.insert(ValueIndex(type, kPadded, slot, d));
      }
    }
    for (const std::set<int64_t>& places : {keys, values}) {
      EXPECT_EQ(places.size(), 32u * kPadded) << KvTypeName(type);
      EXPECT_EQ(*places.begin(), 0);
      EXPECT_EQ(*places.rbegin(), 32 * kPadded - 1);
    }
  }
}

// An instruction that multiplies pairs takes 32 bits a lane.
TEST(KvBlockTest, Bf16LiesInPairs) {
  EXPECT_EQ(KeyIndex(KvType::kBF16, 5, 7), KeyIndex(KvType::kBF16, 5, 6) + 1);
  EXPECT_EQ(KeyIndex(KvType::kBF16, 6, 6), KeyIndex(KvType::kBF16, 5, 6) + 2);
  EXPECT_EQ(ValueIndex(KvType::kBF16, 64, 5, 7),
            ValueIndex(KvType::kBF16, 64, 4, 7) + 1);
  EXPECT_EQ(ValueIndex(KvType::kBF16, 64, 4, 8),
            ValueIndex(KvType::kBF16, 64, 4, 7) + 2);
}

}  // namespace
}  // namespace mj
