#include "kernels/kv_block.h"

namespace mj {

int64_t PaddedHeadDim(int head_dim) {
  return (int64_t{head_dim} + 15) / 16 * 16;
}

int64_t KvBlockBytes(KvType type, int head_dim) {
  const int64_t scales =
      type == KvType::kInt8 ? 2 * kKvBlockSlots * int64_t{sizeof(float)} : 0;
  return 2 * kKvBlockSlots * PaddedHeadDim(head_dim) * KvElementBytes(type) +
         scales;
}

}  // namespace mj
