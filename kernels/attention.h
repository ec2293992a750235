// Causal attention of one sequence's consecutive rows, for the query heads
// that share one key/value head:
//   out = softmax(scale * q k^T) v
// over positions (p - window, p] of the row at position p. K and V lie in
// blocks (kernels/kv_block.h), written by kernels/kv_write.h. What is stored is
// read exactly; an int8 scale multiplies the score of its key and the weight
// of its value.
//
// The arithmetic of a row depends on its position alone: online softmax over
// blocks (Milakov & Gimelshein 2018; FlashAttention, Dao et al. 2022) inside
// ranges of 256 positions counted from position 0, the ranges then merged in
// ascending order. Ranges may also be computed apart, by several threads, and
// merged afterwards: the same bits. Slots outside the row's positions
// contribute exactly 0, whatever bytes they hold.
//
// Attention multiplies in float32; versions agree to
// (head_dim + 64) * 2^-22 * max |v|, where |scores| stay below 16.
// AttentionBf16 rounds q and the softmax's weights to bfloat16, and sums their
// products in float32: 2^-7 * max |v| more, against attention of the rounded q.
#ifndef MILLIJOULE_KERNELS_ATTENTION_H_
#define MILLIJOULE_KERNELS_ATTENTION_H_

#include <cstddef>
#include <cstdint>

#include "kernels/kv_block.h"
#include "kernels/kv_type.h"

namespace mj {

inline constexpr int kAttentionRange = 256;   // positions of one softmax range
inline constexpr int kAttentionQueries = 48;  // (row, head) pairs a call

// Ranges [first, end), counted from position 0.
struct AttentionRanges {
  int first = 0;
  int end = 0;
};

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
  // None: all ranges, merged into `out`. Else the ranges of `part` only, range
  // r of RangesOf(args) at partials + (r - first) * AttentionPartialFloats();
  // MergeAttention makes `out` of them. 64-byte aligned.
  float* partials = nullptr;
  AttentionRanges part;
};

using AttentionFn = void(const AttentionArgs& args);

// All that the rows see.
AttentionRanges RangesOf(const AttentionArgs& args);
// `queries`: num_rows * num_heads. Multiples of 16.
int64_t AttentionScratchFloats(int64_t queries, int head_dim);
int64_t AttentionPartialFloats(int64_t queries, int head_dim);

namespace scalar {
AttentionFn Attention, MergeAttention;
}
namespace avx2 {
AttentionFn Attention, MergeAttention;
}
namespace avx512 {
AttentionFn Attention, MergeAttention;
// REQUIRES: type is BF16. Needs AVX-512 BF16.
AttentionFn AttentionBf16;
}  // namespace avx512

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_ATTENTION_H_
