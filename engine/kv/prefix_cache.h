// Which KV blocks hold which tokens, so that a prefix that was computed once is
// not computed again (automatic prefix caching: Kwon et al. 2023).
//
// A block is found by its key and believed by its tokens: on a hit the tokens
// are compared, and the block before it must be the one the chain has come
// through, so that a collision of keys is a miss and never a wrong text.
//
// The cache holds no references. An idle block may be taken at any time, which
// its generation tells. A sequence gives its last block back first, so that no
// block outlives the ones before it, but for sliding windows: there the first
// ones go first, and what follows a block that was taken is found no more. The
// cache keeps no tokens of it to compare, so it is computed again.
// Engine thread only.
#ifndef MILLIJOULE_ENGINE_KV_PREFIX_CACHE_H_
#define MILLIJOULE_ENGINE_KV_PREFIX_CACHE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/kv/block_key.h"
#include "engine/kv/block_pool.h"

namespace mj {

class PrefixCache final {
 public:
  // `pool` outlives it.
  PrefixCache(int block_size, BlockPool& pool);

  // Appends to `chain`, which holds the blocks of tokens' beginning, those that
  // go on with it: as many as there are, up to keys.size() in all.
  // keys[i] names block i of `tokens`. O(1) a block.
  void Extend(std::span<const BlockKey> keys, std::span<const int32_t> tokens,
              std::vector<BlockId>& chain) const;
  struct Partial {
    BlockId id{};
    int count = 0;  // tokens at its start
  };
  // A block whose first tokens go on with the blocks of `chain`, of those that
  // do the latest; at most `most` tokens, which `tokens` has. Who writes behind
  // them must copy it. REQUIRES: `chain` came from Extend(); keys reach to it
  Partial PartlyEqual(const BlockChain& keys, std::span<const int32_t> tokens,
                      std::span<const BlockId> chain, int most) const;
  // Of the blocks after the first `num_blocks`: how many were here, one after
  // the other, and have been taken since. As many as the pool has blocks are
  // remembered.
  int NumEvicted(std::span<const BlockKey> keys, int num_blocks) const;

  enum class Added {
    kNew,
    kKnown,
    kCollision,
    kCut,  // the block before it is found no more
  };
  struct Addition {
    Added how = Added::kNew;
    BlockId id{};  // kKnown: the block that holds the same, maybe this one
  };
  // The last block of `chain` is complete and may be found from now on; the
  // pool keeps it. REQUIRES: allocated; keys and tokens reach to its end; the
  // blocks before it are kNew or kKnown ones.
  Addition Add(const BlockChain& keys, std::span<const int32_t> tokens,
               std::span<const int32_t> chain);

  // Blocks that can be found, in use or idle. O(num_blocks).
  int num_cached() const;

 private:
  struct Entry {
    BlockKey key, key_before;
    uint32_t generation = 0;  // of the block when it was added; 0: never
    int32_t before = -1;      // the block before it; -1: it is the first
    uint32_t before_generation = 0;
  };
  bool IsLive(int32_t block) const;
  bool IsGone(const BlockKey& key) const;
  void Forget(int32_t block);
  bool Follows(int32_t block, int32_t before) const;
  bool IsCut(int32_t block) const;
  bool Holds(int32_t block, int32_t before,
             std::span<const int32_t> tokens) const;
  std::span<const int32_t> TokensOf(int i,
                                    std::span<const int32_t> tokens) const;

  const int block_size_;
  BlockPool& pool_;
  std::vector<Entry> entries_;   // [num_blocks]
  std::vector<int32_t> tokens_;  // [num_blocks, block_size]
  absl::flat_hash_map<BlockKey, int32_t> blocks_;
  absl::flat_hash_map<BlockKey, int32_t> latest_after_;  // by the key before
  // Keys whose blocks hold something else by now, and in which order they came.
  absl::flat_hash_set<BlockKey> gone_;
  std::vector<BlockKey> gone_order_;  // a ring
  size_t next_gone_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_PREFIX_CACHE_H_
