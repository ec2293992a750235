#include "kernels/attention.h"

namespace mj {

int64_t PaddedHeadDim(int head_dim) {
  return (int64_t{head_dim} + 15) / 16 * 16;
}

int64_t KvBlockFloats(int head_dim) {
  return 2 * kKvBlockSlots * PaddedHeadDim(head_dim);
}

int64_t AttentionScratchFloats(int64_t queries, int head_dim) {
  // A query's scores, its sums of the range and of all ranges, and four
  // running numbers in a cache line.
  return queries * (kKvBlockSlots + 2 * PaddedHeadDim(head_dim) + 16);
}

}  // namespace mj
