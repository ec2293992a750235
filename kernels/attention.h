// Causal attention of one sequence's consecutive rows, for the query heads
// that share one key/value head:
//   out = softmax(scale * q k^T) v
// over positions (p - window, p] of the row at position p.
//
// Paged KV: a block holds 32 positions of one key/value head. K as
// [padded head_dim][32], V as [32][padded head_dim], elements of the cache's
// type; for int8 then the scales of K and those of V, float32 [32] each. All
// parts are multiples of 64 bytes. What is stored is read as float32, exactly;
// an int8 scale multiplies the score of its key and the weight of its value.
// Written by kernels/kv_write.h.
//
// The arithmetic of a row depends on its position alone: online softmax over
// blocks (Milakov & Gimelshein 2018; FlashAttention, Dao et al. 2022) inside
// ranges of 256 positions counted from position 0, the ranges then merged in
// ascending order. Slots outside the row's positions contribute exactly 0,
// whatever bytes they hold. Versions agree to
// (head_dim + 64) * 2^-22 * max |v|, where |scores| stay below 16.
#ifndef MILLIJOULE_KERNELS_ATTENTION_H_
#define MILLIJOULE_KERNELS_ATTENTION_H_

#include <cstddef>
#include <cstdint>

#include "kernels/kv_type.h"

namespace mj {

inline constexpr int kKvBlockSlots = 32;      // positions a block holds
inline constexpr int kAttentionRange = 256;   // positions of one softmax range
inline constexpr int kAttentionQueries = 24;  // (row, head) pairs a call

struct AttentionArgs {
  const float* q = nullptr;  // first row's first head of the group
  int64_t q_stride = 0;      // floats from row to row
  int num_rows = 0;          // num_rows * num_heads <= kAttentionQueries,
  int num_heads = 0;         //   or num_rows == 1
  int start_position = 0;    // of the first row
  int head_dim = 0;          // heads lie head_dim floats apart
  float scale = 1;
  int window = 0;  // 0: all positions
  KvType type = KvType::kF32;
  // Block i of the sequence lies at kv + block_table[i] * block_stride.
  const std::byte* kv = nullptr;
  int64_t block_stride = 0;  // bytes, a multiple of 64
  const int32_t* block_table = nullptr;
  float* out = nullptr;  // as q
  int64_t out_stride = 0;
  float* scratch = nullptr;  // AttentionScratchFloats(), 64-byte aligned
};

using AttentionFn = void(const AttentionArgs& args);

// V rows are padded to whole vectors.
int64_t PaddedHeadDim(int head_dim);
// K, V and scales of one block and one key/value head.
int64_t KvBlockBytes(KvType type, int head_dim);
// `queries`: num_rows * num_heads.
int64_t AttentionScratchFloats(int64_t queries, int head_dim);

namespace scalar {
AttentionFn Attention;
}
namespace avx2 {
AttentionFn Attention;
}
namespace avx512 {
AttentionFn Attention;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_ATTENTION_H_
