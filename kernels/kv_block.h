// One block of the paged KV cache, for one key/value head: 32 positions, its
// slots. Vectors run over the slots of K and over the dimensions of V:
//   f32, f16, int8   K [padded][32], V [32][padded]
//   bf16             K [padded / 2][32][2], V [16][padded][2], in pairs that
//                    one instruction multiplies: dimensions 2i and 2i + 1 of
//                    K, slots 2i and 2i + 1 of V
// `padded` is the head's dimension in whole vectors. int8 then has the scales
// of K and those of V, float32 [32] each. All parts are multiples of 64 bytes.
// An odd head_dim's last pair holds a 0.
#ifndef MILLIJOULE_KERNELS_KV_BLOCK_H_
#define MILLIJOULE_KERNELS_KV_BLOCK_H_

#include <cstdint>

#include "kernels/kv_type.h"

namespace mj {

inline constexpr int kKvBlockSlots = 32;  // positions a block holds

int64_t PaddedHeadDim(int head_dim);
// K, V and scales.
int64_t KvBlockBytes(KvType type, int head_dim);

// Where an element lies, counted in elements from the start of K or of V.
constexpr int64_t KeyIndex(KvType type, int slot, int64_t d) {
  if (type == KvType::kBF16) {
    return d / 2 * (2 * kKvBlockSlots) + 2 * slot + d % 2;
  }
  return d * kKvBlockSlots + slot;
}
constexpr int64_t ValueIndex(KvType type, int64_t padded, int slot, int64_t d) {
  if (type == KvType::kBF16) return slot / 2 * 2 * padded + 2 * d + slot % 2;
  return slot * padded + d;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_KV_BLOCK_H_
