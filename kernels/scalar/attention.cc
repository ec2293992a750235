#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mj::scalar {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

// Softmax-weighted values so far: sum / total, scaled by exp(-max).
struct Partial {
  float max = kNone;
  float total = 0;
  float* sum;  // [head_dim]
};

float Dot(const float* q, const float* k, int head_dim) {
  float dot = 0;
  for (int d = 0; d < head_dim; ++d) dot += q[d] * k[d * kKvBlockSlots];
  return dot;
}

// Adds slots [first, last) of one block.
void AddBlock(const AttentionArgs& args, const float* q, const float* block,
              int first, int last, Partial& part) {
  const int64_t padded = PaddedHeadDim(args.head_dim);
  const float* values = block + padded * kKvBlockSlots;
  float weights[kKvBlockSlots];
  float max = part.max;
  for (int t = first; t < last; ++t) {
    weights[t] = args.scale * Dot(q, block + t, args.head_dim);
    max = std::max(max, weights[t]);
  }
  const float decay = std::exp(part.max - max);
  part.max = max;
  part.total *= decay;
  for (int d = 0; d < args.head_dim; ++d) part.sum[d] *= decay;
  for (int t = first; t < last; ++t) {
    const float p = std::exp(weights[t] - max);
    part.total += p;
    for (int d = 0; d < args.head_dim; ++d) {
      part.sum[d] += p * values[t * padded + d];
    }
  }
}

void Merge(const Partial& range, int head_dim, Partial& all) {
  const float max = std::max(all.max, range.max);
  const float old_weight = std::exp(all.max - max);
  const float new_weight = std::exp(range.max - max);
  all.max = max;
  all.total = all.total * old_weight + range.total * new_weight;
  for (int d = 0; d < head_dim; ++d) {
    all.sum[d] = all.sum[d] * old_weight + range.sum[d] * new_weight;
  }
}

// One row and head at `position`.
void Attend(const AttentionArgs& args, int position, const float* q,
            float* out) {
  float* scratch = args.scratch;
  Partial all{.sum = scratch};
  Partial range{.sum = scratch + args.head_dim};
  std::fill_n(scratch, 2 * args.head_dim, 0.0f);
  const int end = position + 1;
  int p = args.window > 0 ? std::max(0, end - args.window) : 0;
  while (p < end) {
    const int block_start = p / kKvBlockSlots * kKvBlockSlots;
    const int stop = std::min(end, block_start + kKvBlockSlots);
    const int32_t block = args.block_table[p / kKvBlockSlots];
    AddBlock(args, q, args.kv + block * args.block_stride, p - block_start,
             stop - block_start, range);
    p = stop;
    if (p < end && p % kAttentionRange != 0) continue;
    Merge(range, args.head_dim, all);
    range.max = kNone;
    range.total = 0;
    std::fill_n(range.sum, args.head_dim, 0.0f);
  }
  for (int d = 0; d < args.head_dim; ++d) out[d] = all.sum[d] / all.total;
}

}  // namespace

void Attention(const AttentionArgs& args) {
  for (int r = 0; r < args.num_rows; ++r) {
    for (int h = 0; h < args.num_heads; ++h) {
      const int64_t head = int64_t{h} * args.head_dim;
      Attend(args, args.start_position + r, args.q + r * args.q_stride + head,
             args.out + r * args.out_stride + head);
    }
  }
}

}  // namespace mj::scalar
