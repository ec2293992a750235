#include "engine/kv/block_table.h"

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

void BlockTable::Clear(BlockPool& pool) {
  for (int32_t id : ids_) pool.Release(BlockId{id});
  ids_.clear();
  ids_.shrink_to_fit();
}

}  // namespace mj
