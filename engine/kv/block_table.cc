#include "engine/kv/block_table.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"

namespace mj {

absl::Status BlockTable::GrowTo(int num_blocks, BlockPool& pool) {
  if (num_blocks <= size()) return absl::OkStatus();
  absl::InlinedVector<BlockId, 16> added(num_blocks - size());
  absl::Status status = pool.Allocate({added.data(), added.size()});
  if (!status.ok()) return status;
  for (BlockId id : added) ids_.push_back(static_cast<int32_t>(id));
  return absl::OkStatus();
}

void BlockTable::Share(std::span<const BlockId> ids, BlockPool& pool) {
  for (BlockId id : ids) {
    pool.Retain(id);
    ids_.push_back(static_cast<int32_t>(id));
  }
}

void BlockTable::Replace(int i, BlockId id, BlockPool& pool) {
  pool.Retain(id);
  pool.Release(At(i));
  ids_[i] = static_cast<int32_t>(id);
}

int BlockTable::NumShared(const BlockPool& pool) const {
  const auto end = std::partition_point(
      ids_.begin(), ids_.end(),
      [&](int32_t id) { return pool.is_shared(BlockId{id}); });
  return static_cast<int>(end - ids_.begin());
}

void BlockTable::Clear(BlockPool& pool) {
  for (; !ids_.empty(); ids_.pop_back()) pool.Release(BlockId{ids_.back()});
  ids_.shrink_to_fit();
}

}  // namespace mj
