#include "kernels/kv_write.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/half.h"
#include "kernels/kv_block.h"

namespace mj {
namespace {

float RoundToInteger(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: no bits below 1
  return x + kRound - kRound;
}

float Int8Scale(const float* x, int count) {
  float largest = 0;
  bool finite = true;
  for (int i = 0; i < count; ++i) {
    finite = finite && std::isfinite(x[i]);
    largest = std::max(largest, std::abs(x[i]));
  }
  return finite ? largest / 127 : std::numeric_limits<float>::quiet_NaN();
}

// The bounds are met where the scale is subnormal, thus coarse.
int8_t Int8Code(float x, float scale) {
  if (!(scale > 0)) return 0;
  const float code = std::clamp(RoundToInteger(x / scale), -127.0f, 127.0f);
  return static_cast<int8_t>(code);
}

// Lays out a token's elements; encode(x) gives the stored one. Returns the end
// of V.
template <KvType kType, class Element, class EncodeK, class EncodeV>
std::byte* WriteElements(int head_dim, const float* k, const float* v, int slot,
                         std::byte* block, const EncodeK& encode_k,
                         const EncodeV& encode_v) {
  const int64_t padded = PaddedHeadDim(head_dim);
  auto* keys = reinterpret_cast<Element*>(block);
  Element* values = keys + padded * kKvBlockSlots;
  for (int d = 0; d < head_dim; ++d) {
    keys[KeyIndex(kType, slot, d)] = encode_k(k[d]);
    values[ValueIndex(kType, padded, slot, d)] = encode_v(v[d]);
  }
  if (kType == KvType::kBF16 && head_dim % 2 == 1) {
    keys[KeyIndex(kType, slot, head_dim)] = 0;
  }
  return reinterpret_cast<std::byte*>(values + padded * kKvBlockSlots);
}

template <KvType kType, class Element, class Encode>
void WriteAs(int head_dim, const float* k, const float* v, int slot,
             std::byte* block, const Encode& encode) {
  WriteElements<kType, Element>(head_dim, k, v, slot, block, encode, encode);
}

void WriteInt8(int head_dim, const float* k, const float* v, int slot,
               std::byte* block) {
  const float k_scale = Int8Scale(k, head_dim);
  const float v_scale = Int8Scale(v, head_dim);
  std::byte* end = WriteElements<KvType::kInt8, int8_t>(
      head_dim, k, v, slot, block,
      [&](float x) { return Int8Code(x, k_scale); },
      [&](float x) { return Int8Code(x, v_scale); });
  auto* scales = reinterpret_cast<float*>(end);
  scales[slot] = k_scale;
  scales[kKvBlockSlots + slot] = v_scale;
}

}  // namespace

void WriteKv(KvType type, int head_dim, const float* k, const float* v,
             int slot, std::byte* block) {
  assert(slot >= 0 && slot < kKvBlockSlots);
  switch (type) {
    case KvType::kF32:
      return WriteAs<KvType::kF32, float>(head_dim, k, v, slot, block,
                                          [](float x) { return x; });
    case KvType::kBF16:
      return WriteAs<KvType::kBF16, uint16_t>(head_dim, k, v, slot, block,
                                              FloatToBFloat16);
    case KvType::kF16:
      return WriteAs<KvType::kF16, uint16_t>(head_dim, k, v, slot, block,
                                             FloatToHalf);
    case KvType::kInt8:
      return WriteInt8(head_dim, k, v, slot, block);
  }
}

}  // namespace mj
