#include "kernels/attention.h"

#include <algorithm>

namespace mj {
namespace {

int64_t RoundUp(int64_t count) { return (count + 15) / 16 * 16; }

}  // namespace

AttentionRanges RangesOf(const AttentionArgs& args) {
  const int first =
      args.window > 0 ? std::max(0, args.start_position + 1 - args.window) : 0;
  const int last = args.start_position + args.num_rows - 1;
  return {first / kAttentionRange, last / kAttentionRange + 1};
}

// A query's greatest score, the sum of its weights, and that of the values.
int64_t AttentionPartialFloats(int64_t queries, int head_dim) {
  return 2 * RoundUp(queries) + queries * PaddedHeadDim(head_dim);
}

// The sums of all ranges and of one; then for each query a decay, 16 lanes of
// its weights' sum, 32 scores and q itself; and a block as float32.
int64_t AttentionScratchFloats(int64_t queries, int head_dim) {
  const int64_t padded = PaddedHeadDim(head_dim);
  return 2 * AttentionPartialFloats(queries, head_dim) + RoundUp(queries) +
         queries * (16 + kKvBlockSlots + padded) + 2 * kKvBlockSlots * padded;
}

}  // namespace mj
