#include "engine/kv/prefix_cache.h"

#include <map>
#include <random>
#include <vector>

#include "engine/kv/block_table.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

constexpr int kSize = 4;  // tokens a block holds
using Tokens = std::vector<int32_t>;

// One sequence and what it may do with a pool and its cache.
struct Owner {
  Tokens tokens;
  BlockChain chain;
  BlockTable table;
  int added = 0;  // of its blocks
};

class Cached {
 public:
  explicit Cached(int num_blocks) : pool(num_blocks), cache(kSize, pool) {}

  Owner Make(Tokens tokens, std::string_view region = "ann") {
    Owner owner{std::move(tokens), {hasher.Root(region)}};
    const int full = static_cast<int>(owner.tokens.size()) / kSize;
    owner.chain.ExtendTo(full, owner.tokens, kSize, hasher);
    return owner;
  }

  // Shares what is there; the number of blocks.
  int Find(Owner& owner) {
    std::vector<BlockId> chain;
    cache.Extend(owner.chain.keys, owner.tokens, chain);
    owner.table.Share(chain, pool);
    owner.added = owner.table.size();
    return owner.table.size();
  }

  // "Computes" the rest, as far as there are blocks.
  bool Compute(Owner& owner) {
    const int full = static_cast<int>(owner.chain.keys.size());
    if (!owner.table.GrowTo(full, pool).ok()) return false;
    for (int& i = owner.added; i < full; ++i) {
      const PrefixCache::Addition addition =
          cache.Add(owner.chain, owner.tokens, owner.table.ids().first(i + 1));
      if (addition.how == PrefixCache::Added::kCollision) return true;
      owner.table.Replace(i, addition.id, pool);
    }
    return true;
  }

  BlockPool pool;
  PrefixCache cache;
  BlockHasher hasher = *BlockHasher::Create(BlockHasher::Secret{7});
};

TEST(PrefixCacheTest, FindsABlockThatBeginsAlike) {
  Cached kv(8);
  Owner first = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_TRUE(kv.Compute(first));
  struct Case {
    const char* name;
    Tokens tokens;
    int blocks, most, want;
  };
  const Case kCases[] = {
      {"two tokens of the second block", {1, 2, 3, 4, 5, 6, 0, 0}, 1, 4, 2},
      {"no more than is wanted", {1, 2, 3, 4, 5, 6, 7}, 1, 1, 1},
      {"none of it", {1, 2, 3, 4, 0, 6, 7, 8}, 1, 4, 0},
      {"of the first block", {1, 2, 3, 0}, 0, 4, 3},
      {"nothing comes after", {1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 1, 0},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Owner owner = kv.Make(c.tokens);
    std::vector<BlockId> chain;
    kv.cache.Extend(owner.chain.keys, owner.tokens, chain);
    ASSERT_EQ(chain.size(), c.blocks);
    const PrefixCache::Partial partial =
        kv.cache.PartlyEqual(owner.chain, owner.tokens, chain, c.most);
    EXPECT_EQ(partial.count, c.want);
    if (c.want == 0) continue;
    EXPECT_EQ(partial.id, first.table.At(c.blocks));
  }
  Owner stranger = kv.Make({1, 2, 3, 0}, "bob");
  EXPECT_EQ(kv.cache.PartlyEqual(stranger.chain, stranger.tokens, {}, 4).count,
            0);
}

TEST(PrefixCacheTest, WhatWasTakenBeginsLikeNothing) {
  Cached kv(2);
  Owner first = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_TRUE(kv.Compute(first));
  first.table.Clear(kv.pool);
  Owner other = kv.Make({9, 9, 9, 9});
  ASSERT_TRUE(kv.Compute(other));  // takes the second block
  Owner owner = kv.Make({1, 2, 3, 4, 5, 6, 0, 0});
  std::vector<BlockId> chain;
  kv.cache.Extend(owner.chain.keys, owner.tokens, chain);
  ASSERT_EQ(chain.size(), 1);
  EXPECT_EQ(kv.cache.PartlyEqual(owner.chain, owner.tokens, chain, 4).count, 0);
}

TEST(PrefixCacheTest, FindsTheLongestBeginningOfWholeBlocks) {
  Cached kv(8);
  Owner first = kv.Make({1, 2, 3, 4, 5, 6, 7, 8, 9});
  ASSERT_TRUE(kv.Compute(first));
  struct Case {
    const char* name;
    Tokens tokens;
    int blocks;
  };
  const Case kCases[] = {
      {"nothing alike", {9, 2, 3, 4, 5, 6, 7, 8}, 0},
      {"a part of a block is none", {1, 2, 3}, 0},
      {"one block", {1, 2, 3, 4, 5, 6, 7, 0}, 1},
      {"all", {1, 2, 3, 4, 5, 6, 7, 8}, 2},
      {"all and more", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2},
      {"the same tokens elsewhere", {0, 0, 0, 0, 1, 2, 3, 4}, 0},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Owner other = kv.Make(c.tokens);
    EXPECT_EQ(kv.Find(other), c.blocks);
    for (int i = 0; i < c.blocks; ++i) {
      EXPECT_EQ(other.table.At(i), first.table.At(i));
    }
    other.table.Clear(kv.pool);
  }
  EXPECT_EQ(kv.cache.num_cached(), 2);
  first.table.Clear(kv.pool);
}

TEST(PrefixCacheTest, AnotherRegionFindsNothing) {
  Cached kv(8);
  Owner ann = kv.Make({1, 2, 3, 4}, "ann");
  ASSERT_TRUE(kv.Compute(ann));
  Owner bob = kv.Make({1, 2, 3, 4}, "bob");
  EXPECT_EQ(kv.Find(bob), 0);
  EXPECT_EQ(kv.cache.NumEvicted(bob.chain.keys, 0), 0);
  ann.table.Clear(kv.pool);
}

TEST(PrefixCacheTest, IdleBlocksAreFoundUntilTheyAreTaken) {
  Cached kv(3);
  Owner first = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_TRUE(kv.Compute(first));
  first.table.Clear(kv.pool);
  EXPECT_EQ(kv.pool.num_free(), 3);
  EXPECT_EQ(kv.pool.num_idle(), 2);

  Owner again = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(kv.Find(again), 2);
  EXPECT_EQ(kv.pool.num_free(), 1);
  again.table.Clear(kv.pool);

  // Two more blocks: the empty one, then the end of the idle chain.
  Owner other = kv.Make({9, 9, 9, 9, 8, 8, 8, 8});
  ASSERT_TRUE(kv.Compute(other));
  EXPECT_EQ(kv.cache.NumEvicted(again.chain.keys, 1), 1);
  Owner rest = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(kv.Find(rest), 1);
  EXPECT_EQ(kv.pool.num_free(), 0);
  rest.table.Clear(kv.pool);
  other.table.Clear(kv.pool);
}

TEST(PrefixCacheTest, TwoThatComputeTheSameKeepOneBlock) {
  Cached kv(4);
  Owner one = kv.Make({1, 2, 3, 4}), two = kv.Make({1, 2, 3, 4});
  ASSERT_TRUE(kv.Compute(one));
  ASSERT_TRUE(kv.Compute(two));
  EXPECT_EQ(one.table.At(0), two.table.At(0));
  EXPECT_EQ(kv.pool.num_free(), 3);
  one.table.Clear(kv.pool);
  two.table.Clear(kv.pool);
}

// Injected: keys that are equal though tokens or what is before them differ.
TEST(PrefixCacheTest, ACollisionIsAMiss) {
  Cached kv(8);
  Owner first = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_TRUE(kv.Compute(first));
  Owner other = kv.Make({1, 2, 3, 9, 5, 6, 7, 8});
  other.chain.keys = first.chain.keys;
  EXPECT_EQ(kv.Find(other), 0);
  ASSERT_TRUE(other.table.GrowTo(2, kv.pool).ok());
  const auto added =
      kv.cache.Add(other.chain, other.tokens, other.table.ids().first(1));
  EXPECT_EQ(added.how, PrefixCache::Added::kCollision);
  Owner same = kv.Make({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(kv.Find(same), 2) << "what was there stays";

  // The second block agrees in key and tokens, but stands elsewhere.
  Owner third = kv.Make({9, 9, 9, 9, 5, 6, 7, 8});
  third.chain.keys[1] = first.chain.keys[1];
  ASSERT_TRUE(third.table.GrowTo(1, kv.pool).ok());
  ASSERT_EQ(kv.cache.Add(third.chain, third.tokens, third.table.ids()).how,
            PrefixCache::Added::kNew);
  std::vector<BlockId> chain = {third.table.At(0)};
  kv.cache.Extend(third.chain.keys, third.tokens, chain);
  EXPECT_EQ(chain.size(), 1u);
}

// A sliding window gives the first blocks back first.
TEST(PrefixCacheTest, WhatFollowsATakenBlockIsComputedAgain) {
  Cached kv(5);
  const Tokens tokens = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9};
  Owner first = kv.Make(tokens);
  ASSERT_TRUE(kv.Compute(first));
  first.table.ReleaseBefore(2, kv.pool);
  Owner other = kv.Make({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  ASSERT_TRUE(kv.Compute(other));  // takes both of them
  other.table.Clear(kv.pool);
  Owner again = kv.Make(tokens);
  EXPECT_EQ(kv.Find(again), 0);
  ASSERT_TRUE(kv.Compute(again));
  EXPECT_EQ(again.added, 3) << "no collision, though the third was there";
  EXPECT_NE(again.table.At(2), first.table.At(2));
  // The first's own chain has ended.
  ASSERT_TRUE(first.table.GrowTo(4, kv.pool).ok());
  first.tokens.insert(first.tokens.end(), {7, 7, 7, 7});
  first.chain.ExtendTo(4, first.tokens, kSize, kv.hasher);
  EXPECT_EQ(kv.cache.Add(first.chain, first.tokens, first.table.ids()).how,
            PrefixCache::Added::kCut);
  Owner found = kv.Make(tokens);
  EXPECT_EQ(kv.Find(found), 3);
  for (Owner* owner : {&first, &again, &found}) owner->table.Clear(kv.pool);
  EXPECT_EQ(kv.pool.num_free(), 5);
}

// Random hits, growth and departures, against a map from beginnings to the
// latest content: no leak, no block of two contents, no wrong text.
TEST(PrefixCacheTest, NeverLeaksNorMixesUp) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const int total = 4 + random() % 24;
    Cached kv(total);
    std::vector<Owner> owners;
    std::map<BlockId, Tokens> holds;  // the tokens up to a block's end
    for (int step = 0; step < 400; ++step) {
      if (random() % 2 == 0 && owners.size() < 6) {
        Tokens tokens(random() % 20);
        for (int32_t& t : tokens) t = random() % 2;
        Owner& owner = owners.emplace_back(
            kv.Make(std::move(tokens), random() % 2 ? "ann" : "bob"));
        const int found = kv.Find(owner);
        for (int i = 0; i < found; ++i) {
          const Tokens want(owner.tokens.begin(),
                            owner.tokens.begin() + (i + 1) * kSize);
          ASSERT_EQ(holds[owner.table.At(i)], want);
        }
        const int before = owner.table.size();
        if (kv.Compute(owner)) {
          for (int i = before; i < owner.table.size(); ++i) {
            holds[owner.table.At(i)] = Tokens(
                owner.tokens.begin(), owner.tokens.begin() + (i + 1) * kSize);
          }
        }
      } else if (!owners.empty()) {
        const size_t i = random() % owners.size();
        owners[i].table.Clear(kv.pool);
        owners.erase(owners.begin() + i);
      }
      std::map<BlockId, int> used;
      for (const Owner& owner : owners) {
        for (int i = 0; i < owner.table.size(); ++i) ++used[owner.table.At(i)];
      }
      ASSERT_EQ(kv.pool.num_free() + static_cast<int>(used.size()), total);
      ASSERT_LE(kv.cache.num_cached(), total);
    }
    for (Owner& owner : owners) owner.table.Clear(kv.pool);
    ASSERT_EQ(kv.pool.num_free(), total);
  }
}

}  // namespace
}  // namespace mj
