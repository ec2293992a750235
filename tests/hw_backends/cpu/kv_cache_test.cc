#include "hw_backends/cpu/kv_cache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kv_block.h"
#include "tests/kernels/stored_kv.h"

namespace mj {
namespace {

constexpr KvShape kShape{.num_layers = 2, .num_kv_heads = 3, .head_dim = 20};
constexpr int kBlocks = 3;

// Distinct for every place, and exact in each type beside a largest of 127.
std::vector<float> Row(int layer, int head, int block, int slot) {
  std::vector<float> row(kShape.head_dim, 127.0f);
  const int values[] = {layer, head, block, slot};
  for (int i = 0; i < 4; ++i) row[i] = static_cast<float>(values[i]);
  return row;
}

class KvCacheTest : public testing::TestWithParam<KvType> {};
INSTANTIATE_TEST_SUITE_P(Types, KvCacheTest, testing::ValuesIn(kAllKvTypes),
                         [](const auto& info) {
                           return std::string(KvTypeName(info.param));
                         });

template <class Function>
void ForEachPlace(const Function& function) {
  for (int layer = 0; layer < kShape.num_layers; ++layer) {
    for (int head = 0; head < kShape.num_kv_heads; ++head) {
      for (int block = 0; block < kBlocks; ++block) {
        for (int slot : {0, 1, 31}) function(layer, head, block, slot);
      }
    }
  }
}

TEST_P(KvCacheTest, EveryRowHasAPlaceOfItsOwn) {
  const auto cache = KvCache::Create(kShape, kBlocks, GetParam());
  ASSERT_TRUE(cache.ok()) << cache.status();
  EXPECT_EQ(cache->type(), GetParam());
  EXPECT_EQ(cache->block_stride() % 64, 0);
  ForEachPlace([&](int layer, int head, int block, int slot) {
    std::vector<float> v = Row(layer, head, block, slot);
    for (float& x : v) x = -x;
    cache->Write(layer, head, block, slot, Row(layer, head, block, slot).data(),
                 v.data());
  });
  ForEachPlace([&](int layer, int head, int block, int slot) {
    const std::byte* data =
        cache->Head(layer, head) + block * cache->block_stride();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
    const StoredKv stored(GetParam(), kShape.head_dim, data);
    const std::vector<float> row = Row(layer, head, block, slot);
    for (int d = 0; d < kShape.head_dim; ++d) {
      ASSERT_EQ(stored.Key(slot, d), row[d]);
      ASSERT_EQ(stored.Value(slot, d), -row[d]);
    }
  });
}

TEST_P(KvCacheTest, ABlockIsCopiedInAllLayersAndHeads) {
  const auto cache = KvCache::Create(kShape, kBlocks, GetParam());
  ASSERT_TRUE(cache.ok()) << cache.status();
  ForEachPlace([&](int layer, int head, int block, int slot) {
    const std::vector<float> row = Row(layer, head, block, slot);
    cache->Write(layer, head, block, slot, row.data(), row.data());
  });
  cache->CopyBlock(2, 0);
  ForEachPlace([&](int layer, int head, int block, int slot) {
    const StoredKv stored(
        GetParam(), kShape.head_dim,
        cache->Head(layer, head) + block * cache->block_stride());
    const std::vector<float> row =
        Row(layer, head, block == 0 ? 2 : block, slot);
    for (int d = 0; d < kShape.head_dim; ++d) {
      ASSERT_EQ(stored.Key(slot, d), row[d]);
      ASSERT_EQ(stored.Value(slot, d), row[d]);
    }
  });
}

TEST(KvCacheSizeTest, ABlockHoldsAllLayersAndHeads) {
  const struct {
    KvType type;
    int64_t per_head;
  } cases[] = {{KvType::kF32, 2 * 32 * 64 * 4},
               {KvType::kBF16, 2 * 32 * 64 * 2},
               {KvType::kF16, 2 * 32 * 64 * 2},
               {KvType::kInt8, 2 * 32 * (64 + 4)}};
  for (const auto& c : cases) {
    EXPECT_EQ(KvCache::BytesPerBlock({30, 3, 64}, c.type), 90 * c.per_head)
        << KvTypeName(c.type);
  }
  EXPECT_EQ(KvCache::BytesPerBlock({30, 3, 64}), 90 * cases[0].per_head);
}

TEST(KvCacheSizeTest, SizesThatAreNotPositiveAreRefused) {
  for (const KvShape& shape :
       {KvShape{0, 3, 64}, KvShape{2, -1, 64}, KvShape{2, 3, 0}}) {
    EXPECT_EQ(KvCache::Create(shape, 1).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(KvCache::Create(kShape, 0, KvType::kInt8).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mj
