// The blocks of one sequence, in the order of its positions: entry i holds
// positions [block_size * i, block_size * (i + 1)). The first ones may have
// been given back (sliding_window.h): their entries stay. Engine thread only.
#ifndef MILLIJOULE_ENGINE_KV_BLOCK_TABLE_H_
#define MILLIJOULE_ENGINE_KV_BLOCK_TABLE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/kv/block_pool.h"

namespace mj {

// Holds one reference to each block; give them back with Clear() before it
// goes (the pool is not kept here, so that a table is 32 bytes of data).
class BlockTable final {
 public:
  // Grows to `num_blocks` entries; does nothing where it has as many.
  // RESOURCE_EXHAUSTED: the pool has too few, and nothing was taken.
  absl::Status GrowTo(int num_blocks, BlockPool& pool);
  // Appends blocks that are allocated or idle, with a reference to each.
  void Share(std::span<const BlockId> ids, BlockPool& pool);
  // Puts another block that is allocated or idle in the place of entry i.
  void Replace(int i, BlockId id, BlockPool& pool);
  // Gives back what it holds of the first `end` blocks; does nothing where it
  // has. Nobody reads their entries from now on. REQUIRES: end <= size()
  void ReleaseBefore(int end, BlockPool& pool);
  // The last block goes first, so that the idle ones of a chain are taken from
  // its end.
  void Clear(BlockPool& pool);

  // Of the blocks that it holds, those that other tables hold, too. O(size).
  int CountShared(const BlockPool& pool) const;
  // The same in O(log size), if no table has given back its first blocks: then
  // whoever holds a block holds those before it, so shared ones come first.
  int NumShared(const BlockPool& pool) const;

  int size() const { return static_cast<int>(ids_.size()); }
  int num_released() const { return num_released_; }  // of size()
  BlockId At(int i) const { return BlockId{ids_[i]}; }
  // What the backend reads: indices into its arena.
  std::span<const int32_t> ids() const { return ids_; }

 private:
  std::vector<int32_t> ids_;
  int num_released_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_BLOCK_TABLE_H_
