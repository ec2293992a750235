// Ids and reference counts of fixed-size KV-cache blocks (PagedAttention, Kwon
// et al. 2023). Owns no bytes: block i is the backend's memory at index i, in
// the backend's own layout. Engine thread only.
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
  // RESOURCE_EXHAUSTED and nothing taken.
  absl::Status Allocate(std::span<BlockId> out);
  void Retain(BlockId id);   // REQUIRES: id is allocated
  void Release(BlockId id);  // REQUIRES: id is allocated; the last one frees it

  int num_blocks() const { return static_cast<int>(references_.size()); }
  int num_free() const { return static_cast<int>(free_.size()); }

 private:
  std::vector<int32_t> references_;  // [num_blocks]; 0: free
  std::vector<BlockId> free_;        // the last one goes first
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_BLOCK_POOL_H_
