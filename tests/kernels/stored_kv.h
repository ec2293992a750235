// Reads elements of a KV block as the layout in kernels/attention.h says.
#ifndef MILLIJOULE_TESTS_KERNELS_STORED_KV_H_
#define MILLIJOULE_TESTS_KERNELS_STORED_KV_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/half.h"
#include "kernels/kv_block.h"

namespace mj {

class StoredKv {
 public:
  StoredKv(KvType type, int head_dim, const std::byte* block)
      : type_(type), padded_(PaddedHeadDim(head_dim)), block_(block) {}
  double Key(int slot, int dim) const {
    const int64_t at = type_ == KvType::kBF16
                           ? (dim / 2 * 32 + slot) * 2 + dim % 2
                           : dim * 32 + slot;
    return Element(at) * Scale(slot);
  }
  double Value(int slot, int dim) const {
    const int64_t at = type_ == KvType::kBF16
                           ? (slot / 2 * padded_ + dim) * 2 + slot % 2
                           : slot * padded_ + dim;
    return Element(32 * padded_ + at) * Scale(32 + slot);
  }
  // Of int8: K's 32, then V's.
  double Scale(int index) const {
    if (type_ != KvType::kInt8) return 1;
    return At<float>(2 * kKvBlockSlots * padded_ / 4 + index);
  }

 private:
  template <class T>
  T At(int64_t index) const {
    T value;
    std::memcpy(&value, block_ + index * sizeof(T), sizeof(T));
    return value;
  }
  double Element(int64_t index) const {
    switch (type_) {
      case KvType::kF32:
        return At<float>(index);
      case KvType::kBF16:
        return std::bit_cast<float>(uint32_t{At<uint16_t>(index)} << 16);
      case KvType::kF16:
        return HalfToFloat(At<uint16_t>(index));
      case KvType::kInt8:
        return At<int8_t>(index);
    }
    return 0;
  }

  KvType type_;
  int64_t padded_;
  const std::byte* block_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_KERNELS_STORED_KV_H_
