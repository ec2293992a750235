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

int BlockTable::CountShared(const BlockPool& pool) const {
  return static_cast<int>(
      std::count_if(ids_.begin() + num_released_, ids_.end(),
                    [&](int32_t id) { return pool.is_shared(BlockId{id}); }));
}

void BlockTable::ReleaseBefore(int end, BlockPool& pool) {
  for (int i = end; i-- > num_released_;) pool.Release(At(i));
  num_released_ = std::max(num_released_, end);
}

void BlockTable::Clear(BlockPool& pool) {
  for (int i = size(); i-- > num_released_;) pool.Release(At(i));
  ids_.clear();
  num_released_ = 0;
  ids_.shrink_to_fit();
}

}  // namespace mj
