#include "hw_backends/cpu/kv_cache.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/memory_budget.h"
#include "kernels/attention.h"

namespace mj {

static_assert(kBlockSize == kKvBlockSlots);

int64_t KvCache::BytesPerBlock(const KvShape& shape) {
  return int64_t{shape.num_layers} * shape.num_kv_heads *
         KvBlockFloats(shape.head_dim) * int64_t{sizeof(float)};
}

absl::StatusOr<KvCache> KvCache::Create(const KvShape& shape, int num_blocks) {
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
  const int64_t block_bytes = BytesPerBlock(shape);
  const int64_t available =
      AvailableMemory().value_or(std::numeric_limits<int64_t>::max());
  if (num_blocks > available / block_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "KV cache: ", num_blocks, " blocks of ", block_bytes, " bytes want ",
        static_cast<double>(block_bytes) * num_blocks, " bytes, ", available,
        " bytes (", available / block_bytes, " blocks) are available"));
  }
  absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(block_bytes * num_blocks, /*huge_pages=*/false);
  if (!memory.ok()) return memory.status();
  KvCache cache;
  cache.shape_ = shape;
  cache.block_stride_ = shape.num_kv_heads * KvBlockFloats(shape.head_dim);
  cache.layer_stride_ = cache.block_stride_ * num_blocks;
  cache.memory_ = *std::move(memory);
  return cache;
}

float* KvCache::Head(int layer, int head) const {
  assert(layer >= 0 && layer < shape_.num_layers);
  assert(head >= 0 && head < shape_.num_kv_heads);
  return reinterpret_cast<float*>(memory_.data()) + layer * layer_stride_ +
         head * KvBlockFloats(shape_.head_dim);
}

void KvCache::Write(int layer, int head, int32_t block, int slot,
                    const float* k, const float* v) const {
  const int64_t padded = PaddedHeadDim(shape_.head_dim);
  float* keys = Head(layer, head) + block * block_stride_;
  float* values = keys + padded * kBlockSize;
  for (int d = 0; d < shape_.head_dim; ++d) keys[d * kBlockSize + slot] = k[d];
  std::copy_n(v, shape_.head_dim, values + slot * padded);
}

}  // namespace mj
