#include "hw_backends/cpu/kv_cache.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "hw_backends/cpu/memory_budget.h"
#include "kernels/kv_block.h"
#include "kernels/kv_write.h"

namespace mj {

static_assert(kBlockSize == kKvBlockSlots);

int64_t KvCache::BytesPerBlock(const KvShape& shape, KvType type) {
  return int64_t{shape.num_layers} * shape.num_kv_heads *
         KvBlockBytes(type, shape.head_dim);
}

absl::StatusOr<KvCache> KvCache::Create(const KvShape& shape, int num_blocks,
                                        KvType type) {
  // Each below 2^20: no product of all overflows a double's exact range by
  // much, nor 63 bits once it is checked against it.
  const int sizes[] = {shape.num_layers, shape.num_kv_heads, shape.head_dim};
  const bool sane = std::all_of(std::begin(sizes), std::end(sizes),
                                [](int n) { return n > 0 && n < (1 << 16); });
  if (!sane || num_blocks <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "KV cache: ", num_blocks, " blocks of ", shape.num_layers, " layers, ",
        shape.num_kv_heads, " heads of ", shape.head_dim));
  }
  const int64_t block_bytes = BytesPerBlock(shape, type);
  const int64_t available =
      AvailableMemory().value_or(std::numeric_limits<int64_t>::max());
  if (num_blocks > available / block_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "KV cache: ", num_blocks, " blocks of ", block_bytes, " bytes want ",
        absl::StrFormat("%.0f", static_cast<double>(block_bytes) * num_blocks),
        " bytes, ", available, " bytes (", available / block_bytes,
        " blocks) are available"));
  }
  absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(block_bytes * num_blocks, /*huge_pages=*/false);
  if (!memory.ok()) return memory.status();
  KvCache cache;
  cache.shape_ = shape;
  cache.type_ = type;
  cache.head_bytes_ = KvBlockBytes(type, shape.head_dim);
  cache.block_stride_ = shape.num_kv_heads * cache.head_bytes_;
  cache.layer_stride_ = cache.block_stride_ * num_blocks;
  cache.memory_ = *std::move(memory);
  return cache;
}

std::byte* KvCache::Head(int layer, int head) const {
  assert(layer >= 0 && layer < shape_.num_layers);
  assert(head >= 0 && head < shape_.num_kv_heads);
  return memory_.data() + layer * layer_stride_ + head * head_bytes_;
}

void KvCache::Write(int layer, int head, int32_t block, int slot,
                    const float* k, const float* v) const {
  WriteKv(type_, shape_.head_dim, k, v, slot,
          Head(layer, head) + block * block_stride_);
}

void KvCache::CopyBlock(int32_t from, int32_t to) const {
  if (from == to) return;
  for (int layer = 0; layer < shape_.num_layers; ++layer) {
    std::byte* blocks = Head(layer, 0);
    std::memcpy(blocks + to * block_stride_, blocks + from * block_stride_,
                block_stride_);
  }
}

}  // namespace mj
