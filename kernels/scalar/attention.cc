#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/half.h"
#include "kernels/scalar/dequantize.h"

namespace mj::scalar {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

// Softmax-weighted values so far: sum / total, scaled by exp(-max).
struct Partial {
  float max = kNone;
  float total = 0;
  float* sum;  // [head_dim]
};

// Float32 values of stored elements.
struct F32 {
  using Element = float;
  static float Widen(float x) { return x; }
};
struct BF16 {
  using Element = uint16_t;
  static float Widen(uint16_t x) { return BFloat16ToFloat(x); }
};
struct F16 {
  using Element = uint16_t;
  static float Widen(uint16_t x) { return HalfToFloat(x); }
};
struct Int8 {
  using Element = int8_t;
  static float Widen(int8_t x) { return x; }
};

template <class Stored>
struct BlockView {
  using Element = typename Stored::Element;
  BlockView(const std::byte* block, int head_dim)
      : padded(PaddedHeadDim(head_dim)),
        keys(reinterpret_cast<const Element*>(block)),
        values(keys + padded * kKvBlockSlots) {}
  float Key(int d, int slot) const {
    return Stored::Widen(keys[d * kKvBlockSlots + slot]);
  }
  float Value(int slot, int d) const {
    return Stored::Widen(values[slot * padded + d]);
  }
  float KeyScale(int slot) const { return Scale(slot); }
  float ValueScale(int slot) const { return Scale(kKvBlockSlots + slot); }

  int64_t padded;
  const Element* keys;
  const Element* values;

 private:
  float Scale(int i) const {
    if constexpr (!std::is_same_v<Stored, Int8>) return 1;
    return reinterpret_cast<const float*>(values + padded * kKvBlockSlots)[i];
  }
};

template <class Stored>
float Dot(const float* q, const BlockView<Stored>& block, int slot,
          int head_dim) {
  float dot = 0;
  for (int d = 0; d < head_dim; ++d) dot += q[d] * block.Key(d, slot);
  return dot;
}

// Adds slots [first, last) of one block.
template <class Stored>
void AddBlock(const AttentionArgs& args, const float* q,
              const BlockView<Stored>& block, int first, int last,
              Partial& part) {
  float weights[kKvBlockSlots];
  float max = part.max;
  for (int t = first; t < last; ++t) {
    weights[t] =
        args.scale * block.KeyScale(t) * Dot(q, block, t, args.head_dim);
    max = std::max(max, weights[t]);
  }
  const float decay = std::exp(part.max - max);
  part.max = max;
  part.total *= decay;
  for (int d = 0; d < args.head_dim; ++d) part.sum[d] *= decay;
  for (int t = first; t < last; ++t) {
    const float p = std::exp(weights[t] - max);
    part.total += p;
    const float weight = p * block.ValueScale(t);
    for (int d = 0; d < args.head_dim; ++d) {
      part.sum[d] += weight * block.Value(t, d);
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
template <class Stored>
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
    const int64_t block = args.block_table[p / kKvBlockSlots];
    const BlockView<Stored> view(args.kv + block * args.block_stride,
                                 args.head_dim);
    AddBlock(args, q, view, p - block_start, stop - block_start, range);
    p = stop;
    if (p < end && p % kAttentionRange != 0) continue;
    Merge(range, args.head_dim, all);
    range.max = kNone;
    range.total = 0;
    std::fill_n(range.sum, args.head_dim, 0.0f);
  }
  for (int d = 0; d < args.head_dim; ++d) out[d] = all.sum[d] / all.total;
}

template <class Stored>
void AttendAll(const AttentionArgs& args) {
  for (int r = 0; r < args.num_rows; ++r) {
    for (int h = 0; h < args.num_heads; ++h) {
      const int64_t head = int64_t{h} * args.head_dim;
      Attend<Stored>(args, args.start_position + r,
                     args.q + r * args.q_stride + head,
                     args.out + r * args.out_stride + head);
    }
  }
}

}  // namespace

void Attention(const AttentionArgs& args) {
  switch (args.type) {
    case KvType::kF32:
      return AttendAll<F32>(args);
    case KvType::kBF16:
      return AttendAll<BF16>(args);
    case KvType::kF16:
      return AttendAll<F16>(args);
    case KvType::kInt8:
      return AttendAll<Int8>(args);
  }
}

}  // namespace mj::scalar
