#include "engine/kv/block_pool.h"

#include <cassert>

#include "absl/strings/str_cat.h"

namespace mj {

BlockPool::BlockPool(int num_blocks) : blocks_(num_blocks) {
  empty_.reserve(num_blocks);
  // Low ids first: a small load touches a small part of the arena.
  for (int i = num_blocks - 1; i >= 0; --i) empty_.push_back(BlockId{i});
}

absl::Status BlockPool::Allocate(std::span<BlockId> out) {
  if (out.size() > static_cast<size_t>(num_free())) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "KV cache: need ", out.size(), " blocks, ", num_free(), " free"));
  }
  for (BlockId& id : out) {
    id = TakeOne();
    Block& block = At(id);
    block.references = 1;
    block.kept = false;
    ++block.generation;
  }
  return absl::OkStatus();
}

BlockId BlockPool::TakeOne() {
  if (empty_.empty()) {
    const BlockId id{oldest_};
    Unlink(id);
    return id;
  }
  const BlockId id = empty_.back();
  empty_.pop_back();
  return id;
}

void BlockPool::Keep(BlockId id) {
  assert(At(id).references > 0);
  At(id).kept = true;
}

void BlockPool::Retain(BlockId id) {
  Block& block = At(id);
  assert(block.references > 0 || block.idle);
  if (block.idle) Unlink(id);
  ++block.references;
}

void BlockPool::Release(BlockId id) {
  Block& block = At(id);
  assert(block.references > 0);
  if (--block.references > 0) return;
  if (block.kept) {
    Idle(id);
  } else {
    empty_.push_back(id);
  }
}

void BlockPool::Idle(BlockId id) {
  Block& block = At(id);
  block.idle = true;
  block.older = newest_;
  block.newer = kNone;
  const auto index = static_cast<int32_t>(id);
  (newest_ == kNone ? oldest_ : blocks_[newest_].newer) = index;
  newest_ = index;
  ++num_idle_;
}

void BlockPool::Unlink(BlockId id) {
  Block& block = At(id);
  (block.older == kNone ? oldest_ : blocks_[block.older].newer) = block.newer;
  (block.newer == kNone ? newest_ : blocks_[block.newer].older) = block.older;
  block.idle = false;
  --num_idle_;
}

}  // namespace mj
