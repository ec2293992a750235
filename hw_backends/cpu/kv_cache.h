// The memory of the paged KV cache: for each layer, block and key/value head,
// K [padded head_dim][32 slots] and V [32 slots][padded head_dim], float32
// (kernels/attention.h). Pages cost memory once they are written.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_KV_CACHE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_KV_CACHE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cpu/mapped_memory.h"

namespace mj {

class KvCache final {
 public:
  KvCache() = default;
  // INVALID_ARGUMENT: a size is not positive. RESOURCE_EXHAUSTED: more bytes
  // than the system has left; the message holds both.
  static absl::StatusOr<KvCache> Create(const KvShape& shape, int num_blocks);
  static int64_t BytesPerBlock(const KvShape& shape);

  // The blocks of one layer and head: block b lies b * block_stride() floats
  // behind.
  float* Head(int layer, int head) const;
  int64_t block_stride() const { return block_stride_; }
  // k, v: [head_dim], the head's row at slot `slot` of block `block`.
  void Write(int layer, int head, int32_t block, int slot, const float* k,
             const float* v) const;

 private:
  KvShape shape_;
  int64_t block_stride_ = 0;
  int64_t layer_stride_ = 0;
  MappedMemory memory_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_KV_CACHE_H_
