// Stores one token's K and V of one key/value head in a block of the KV cache
// (layout: kernels/kv_block.h), rounded to nearest even. The bytes depend on
// the values and the type alone.
//   f32   as is.
//   bf16, f16   beyond the largest finite value: infinity (f16: from 65520
//         on). NaN stays NaN.
//   int8  scale = max |x| / 127 over the head; code = x / scale, in
//         [-127, 127]. A row of zeros has scale 0; a row that holds an
//         infinity or NaN has scale NaN, so that all of it reads as NaN.
#ifndef MILLIJOULE_KERNELS_KV_WRITE_H_
#define MILLIJOULE_KERNELS_KV_WRITE_H_

#include <cstddef>

#include "kernels/kv_type.h"

namespace mj {

// k, v: [head_dim]. `block`: the head's part, 64-byte aligned; slots other
// than `slot` keep their bytes, and may be written at the same time.
void WriteKv(KvType type, int head_dim, const float* k, const float* v,
             int slot, std::byte* block);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_KV_WRITE_H_
