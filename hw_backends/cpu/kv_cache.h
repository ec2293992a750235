// The memory of the paged KV cache: for each layer, block and key/value head,
// K and V of 32 slots (layout: kernels/kv_block.h). Pages cost memory once
// they are written.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_KV_CACHE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_KV_CACHE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "kernels/kv_type.h"

namespace mj {

class KvCache final {
 public:
  KvCache() = default;
  // INVALID_ARGUMENT: a size is not positive. RESOURCE_EXHAUSTED: more bytes
  // than the system has left; the message holds both.
  static absl::StatusOr<KvCache> Create(const KvShape& shape, int num_blocks,
                                        KvType type = KvType::kF32);
  static int64_t BytesPerBlock(const KvShape& shape,
                               KvType type = KvType::kF32);

  KvType type() const { return type_; }
  // The blocks of one layer and head: block b lies b * block_stride() bytes
  // behind.
  std::byte* Head(int layer, int head) const;
  int64_t block_stride() const { return block_stride_; }
  // k, v: [head_dim], the head's row at slot `slot` of block `block`. Different
  // slots may be written at the same time.
  void Write(int layer, int head, int32_t block, int slot, const float* k,
             const float* v) const;
  // Of all layers and heads.
  void CopyBlock(int32_t from, int32_t to) const;

 private:
  KvShape shape_;
  KvType type_ = KvType::kF32;
  int64_t head_bytes_ = 0;  // of one block
  int64_t block_stride_ = 0;
  int64_t layer_stride_ = 0;
  MappedMemory memory_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_KV_CACHE_H_
