// Ids and reference counts of fixed-size KV-cache blocks (PagedAttention, Kwon
// et al. 2023). Owns no bytes: block i is the backend's memory at index i, in
// the backend's own layout. Engine thread only; each call is O(1) a block.
//
// A block whose content is worth keeping stays readable after its last
// reference goes: it idles, free to be taken, and is taken last, the one that
// has idled longest first.
#ifndef MILLIJOULE_ENGINE_KV_BLOCK_POOL_H_
#define MILLIJOULE_ENGINE_KV_BLOCK_POOL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"

namespace mj {

enum class BlockId : int32_t {};

class BlockPool final {
 public:
  // REQUIRES: num_blocks >= 0
  explicit BlockPool(int num_blocks);

  // Fills `out` with free blocks, each with one reference: all of them, or
  // RESOURCE_EXHAUSTED and nothing taken. What they held is lost.
  absl::Status Allocate(std::span<BlockId> out);
  // Its last Release() makes it idle rather than empty. REQUIRES: allocated
  void Keep(BlockId id);
  void Retain(BlockId id);   // REQUIRES: id is allocated, or idle
  void Release(BlockId id);  // REQUIRES: id is allocated; the last one frees it

  bool is_shared(BlockId id) const { return At(id).references > 1; }
  // Counts how often the block was handed out: what it held under another
  // generation is gone.
  uint32_t generation(BlockId id) const { return At(id).generation; }
  bool is_idle(BlockId id) const { return At(id).idle; }

  int num_blocks() const { return static_cast<int>(blocks_.size()); }
  // To be had: empty or idle.
  int num_free() const { return static_cast<int>(empty_.size()) + num_idle_; }
  int num_idle() const { return num_idle_; }

 private:
  static constexpr int32_t kNone = -1;
  struct Block {
    int32_t references = 0;
    uint32_t generation = 0;
    bool kept = false, idle = false;
    int32_t older = kNone, newer = kNone;  // among the idle
  };
  Block& At(BlockId id) { return blocks_[static_cast<size_t>(id)]; }
  const Block& At(BlockId id) const { return blocks_[static_cast<size_t>(id)]; }
  BlockId TakeOne();
  void Idle(BlockId id);
  void Unlink(BlockId id);

  std::vector<Block> blocks_;
  std::vector<BlockId> empty_;  // the last one goes first
  int32_t oldest_ = kNone, newest_ = kNone;
  int num_idle_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_BLOCK_POOL_H_
