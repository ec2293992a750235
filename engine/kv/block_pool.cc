#include "engine/kv/block_pool.h"

#include <cassert>

#include "absl/strings/str_cat.h"

namespace mj {

BlockPool::BlockPool(int num_blocks) : references_(num_blocks, 0) {
  free_.reserve(num_blocks);
  // Low ids first: a small load touches a small part of the arena.
  for (int i = num_blocks - 1; i >= 0; --i) free_.push_back(BlockId{i});
}

absl::Status BlockPool::Allocate(std::span<BlockId> out) {
  if (out.size() > free_.size()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "KV cache: need ", out.size(), " blocks, ", free_.size(), " free"));
  }
  for (BlockId& id : out) {
    id = free_.back();
    free_.pop_back();
    references_[static_cast<size_t>(id)] = 1;
  }
  return absl::OkStatus();
}

void BlockPool::Retain(BlockId id) {
  int32_t& count = references_[static_cast<size_t>(id)];
  assert(count > 0);
  ++count;
}

void BlockPool::Release(BlockId id) {
  int32_t& count = references_[static_cast<size_t>(id)];
  assert(count > 0);
  if (--count == 0) free_.push_back(id);
}

}  // namespace mj
