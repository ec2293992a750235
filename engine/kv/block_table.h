// The blocks of one sequence, in the order of its positions: entry i holds
// positions [block_size * i, block_size * (i + 1)). Engine thread only.
#ifndef MILLIJOULE_ENGINE_KV_BLOCK_TABLE_H_
#define MILLIJOULE_ENGINE_KV_BLOCK_TABLE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/kv/block_pool.h"

namespace mj {

// Holds one reference to each block; give them back with Clear() before it
// goes (the pool is not kept here, so that a table is 24 bytes of data).
class BlockTable final {
 public:
  // Grows to `num_blocks` entries; does nothing where it has as many.
  // RESOURCE_EXHAUSTED: the pool has too few, and nothing was taken.
  absl::Status GrowTo(int num_blocks, BlockPool& pool);
  // Appends blocks that are allocated or idle, with a reference to each.
  void Share(std::span<const BlockId> ids, BlockPool& pool);
  // Puts another block that is allocated or idle in the place of entry i.
  void Replace(int i, BlockId id, BlockPool& pool);
  // The last block goes first, so that the idle ones of a chain are taken from
  // its end.
  void Clear(BlockPool& pool);

  // Blocks that other tables hold, too. Whoever holds a block holds those
  // before it, so they come first. O(log size).
  int NumShared(const BlockPool& pool) const;

  int size() const { return static_cast<int>(ids_.size()); }
  BlockId At(int i) const { return BlockId{ids_[i]}; }
  // What the backend reads: indices into its arena.
  std::span<const int32_t> ids() const { return ids_; }

 private:
  std::vector<int32_t> ids_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_BLOCK_TABLE_H_
