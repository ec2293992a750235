#include "engine/kv/block_pool.h"

#include <map>
#include <random>
#include <set>

#include "engine/kv/block_table.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

TEST(BlockPoolTest, HandsOutEachBlockOnce) {
  BlockPool pool(5);
  std::vector<BlockId> ids(5);
  ASSERT_TRUE(pool.Allocate(ids).ok());
  EXPECT_EQ(std::set<BlockId>(ids.begin(), ids.end()).size(), 5u);
  EXPECT_EQ(pool.num_free(), 0);
}

TEST(BlockPoolTest, TakesNothingWhenItCannotGiveAll) {
  BlockPool pool(2);
  std::vector<BlockId> ids(3);
  absl::Status status = pool.Allocate(ids);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "KV cache: need 3 blocks, 2 free");
  EXPECT_EQ(pool.num_free(), 2);
}

TEST(BlockPoolTest, AnEmptyPoolGivesNothingAndSaysSo) {
  BlockPool pool(0);
  std::vector<BlockId> none, one(1);
  EXPECT_TRUE(pool.Allocate(none).ok());
  EXPECT_FALSE(pool.Allocate(one).ok());
}

TEST(BlockPoolTest, TheLastReferenceFrees) {
  BlockPool pool(1);
  std::vector<BlockId> ids(1);
  ASSERT_TRUE(pool.Allocate(ids).ok());
  pool.Retain(ids[0]);
  pool.Release(ids[0]);
  EXPECT_EQ(pool.num_free(), 0);
  pool.Release(ids[0]);
  EXPECT_EQ(pool.num_free(), 1);
}

// Random operations against a map of reference counts.
TEST(BlockPoolTest, AgreesWithAReferenceCountMap) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const int total = random() % 40;
    BlockPool pool(total);
    std::map<BlockId, int> held;
    for (int step = 0; step < 500; ++step) {
      const uint32_t choice = random() % 3;
      if (choice == 0) {
        std::vector<BlockId> ids(random() % 8);
        const bool fits = ids.size() + held.size() <= size_t(total);
        ASSERT_EQ(pool.Allocate(ids).ok(), fits);
        if (!fits) continue;
        for (BlockId id : ids) ASSERT_TRUE(held.emplace(id, 1).second);
      } else if (!held.empty()) {
        auto it = std::next(held.begin(), random() % held.size());
        if (choice == 1) {
          pool.Retain(it->first);
          ++it->second;
        } else {
          pool.Release(it->first);
          if (--it->second == 0) held.erase(it);
        }
      }
      ASSERT_EQ(pool.num_free() + static_cast<int>(held.size()), total);
    }
  }
}

TEST(BlockTableTest, GrowsAndGivesBack) {
  BlockPool pool(4);
  BlockTable a, b;
  ASSERT_TRUE(a.GrowTo(3, pool).ok());
  ASSERT_TRUE(a.GrowTo(2, pool).ok());  // already there
  EXPECT_EQ(a.size(), 3);
  EXPECT_FALSE(b.GrowTo(2, pool).ok());
  EXPECT_EQ(b.size(), 0);
  EXPECT_EQ(pool.num_free(), 1);
  a.Clear(pool);
  EXPECT_EQ(a.size(), 0);
  ASSERT_TRUE(b.GrowTo(4, pool).ok());
  EXPECT_EQ(std::set<int32_t>(b.ids().begin(), b.ids().end()),
            (std::set<int32_t>{0, 1, 2, 3}));
}

TEST(BlockTableTest, GivesBackWhatLiesBehindAWindow) {
  BlockPool pool(6);
  BlockTable a, b;
  ASSERT_TRUE(a.GrowTo(5, pool).ok());
  a.ReleaseBefore(2, pool);
  a.ReleaseBefore(1, pool);  // it has
  EXPECT_EQ(a.size(), 5);
  EXPECT_EQ(a.num_released(), 2);
  EXPECT_EQ(pool.num_free(), 3);
  const BlockId shared[] = {a.At(3), a.At(4)};
  b.Share(shared, pool);
  EXPECT_EQ(a.CountShared(pool), 2);
  b.ReleaseBefore(1, pool);
  EXPECT_EQ(a.CountShared(pool), 1);
  EXPECT_EQ(b.CountShared(pool), 1);
  ASSERT_TRUE(b.GrowTo(5, pool).ok());
  EXPECT_EQ(pool.num_free(), 0);
  a.Clear(pool);
  b.Clear(pool);
  EXPECT_EQ(a.num_released(), 0);
  EXPECT_EQ(pool.num_free(), 6);
}

}  // namespace
}  // namespace mj
