// Attention (kernels/attention.h) in plain code, over a softmax S of its own:
//   S::Score(x)   a score as the softmax takes it
//   S::Exp(x)     of a difference of scores, x <= 0; 0 for minus infinity
#ifndef MILLIJOULE_KERNELS_SCALAR_ATTENTION_BODY_H_
#define MILLIJOULE_KERNELS_SCALAR_ATTENTION_BODY_H_

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/attention.h"
#include "kernels/half.h"

namespace mj::scalar {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

// Softmax-weighted values so far: sum / total, scaled by exp(-max).
struct Partial {
  float& max;
  float& total;
  float* sum;  // [head_dim]
};

// A query's place in the sums at `at`: max, then total, for 16, 32 ...
// queries, then [queries, padded].
Partial PartialAt(const AttentionArgs& args, float* at, int query) {
  const int queries = args.num_rows * args.num_heads;
  const int rounded = (queries + 15) / 16 * 16;
  return {at[query], at[rounded + query],
          at + 2 * rounded + query * PaddedHeadDim(args.head_dim)};
}

void Clear(int head_dim, Partial& part) {
  part.max = kNone;
  part.total = 0;
  std::fill_n(part.sum, head_dim, 0.0f);
}

// Float32 values of stored elements.
struct F32 {
  using Element = float;
  static constexpr KvType kType = KvType::kF32;
  static float Widen(float x) { return x; }
};
struct BF16 {
  using Element = uint16_t;
  static constexpr KvType kType = KvType::kBF16;
  static float Widen(uint16_t x) { return BFloat16ToFloat(x); }
};
struct F16 {
  using Element = uint16_t;
  static constexpr KvType kType = KvType::kF16;
  static float Widen(uint16_t x) { return HalfToFloat(x); }
};
struct Int8 {
  using Element = int8_t;
  static constexpr KvType kType = KvType::kInt8;
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
    return Stored::Widen(keys[KeyIndex(Stored::kType, slot, d)]);
  }
  float Value(int slot, int d) const {
    return Stored::Widen(values[ValueIndex(Stored::kType, padded, slot, d)]);
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
template <class Softmax, class Stored>
void AddBlock(const AttentionArgs& args, const float* q,
              const BlockView<Stored>& block, int first, int last,
              Partial& part) {
  float weights[kKvBlockSlots];
  float max = part.max;
  for (int t = first; t < last; ++t) {
    weights[t] = Softmax::Score(args.scale * block.KeyScale(t) *
                                Dot(q, block, t, args.head_dim));
    max = std::max(max, weights[t]);
  }
  const float decay = Softmax::Exp(part.max - max);
  part.max = max;
  part.total *= decay;
  for (int d = 0; d < args.head_dim; ++d) part.sum[d] *= decay;
  for (int t = first; t < last; ++t) {
    const float p = Softmax::Exp(weights[t] - max);
    part.total += p;
    const float weight = p * block.ValueScale(t);
    for (int d = 0; d < args.head_dim; ++d) {
      part.sum[d] += weight * block.Value(t, d);
    }
  }
}

template <class Softmax>
void Merge(const Partial& range, int head_dim, Partial& all) {
  if (range.max == kNone) return;
  const float max = std::max(all.max, range.max);
  const float old_weight = Softmax::Exp(all.max - max);
  const float new_weight = Softmax::Exp(range.max - max);
  all.max = max;
  all.total = all.total * old_weight + range.total * new_weight;
  for (int d = 0; d < head_dim; ++d) {
    all.sum[d] = all.sum[d] * old_weight + range.sum[d] * new_weight;
  }
}

// A query's positions of one range.
template <class Softmax, class Stored>
void AddRange(const AttentionArgs& args, int query, int range, Partial& part) {
  Clear(args.head_dim, part);
  const int row = query / args.num_heads;
  const int end = args.start_position + row + 1;
  const float* q = args.q + row * args.q_stride +
                   query % args.num_heads * int64_t{args.head_dim};
  int p = args.window > 0 ? std::max(0, end - args.window) : 0;
  p = std::max(p, range * kAttentionRange);
  const int range_end = std::min(end, (range + 1) * kAttentionRange);
  while (p < range_end) {
    const int block_start = p / kKvBlockSlots * kKvBlockSlots;
    const int stop = std::min(range_end, block_start + kKvBlockSlots);
    const int64_t block = args.block_table[p / kKvBlockSlots];
    const BlockView<Stored> view(args.kv + block * args.block_stride,
                                 args.head_dim);
    AddBlock<Softmax>(args, q, view, p - block_start, stop - block_start, part);
    p = stop;
  }
}

template <class Softmax>
void AddRange(const AttentionArgs& args, int query, int range, Partial part) {
  switch (args.type) {
    case KvType::kF32:
      return AddRange<Softmax, F32>(args, query, range, part);
    case KvType::kBF16:
      return AddRange<Softmax, BF16>(args, query, range, part);
    case KvType::kF16:
      return AddRange<Softmax, F16>(args, query, range, part);
    case KvType::kInt8:
      return AddRange<Softmax, Int8>(args, query, range, part);
  }
}

float* PartialsOf(const AttentionArgs& args, int range) {
  const int queries = args.num_rows * args.num_heads;
  return args.partials + (range - RangesOf(args).first) *
                             AttentionPartialFloats(queries, args.head_dim);
}

void WriteOut(const AttentionArgs& args, int query, const Partial& all) {
  float* out = args.out + query / args.num_heads * args.out_stride +
               query % args.num_heads * int64_t{args.head_dim};
  for (int d = 0; d < args.head_dim; ++d) out[d] = all.sum[d] / all.total;
}

// Merges the query's sums of all ranges, which partial(range) gives.
template <class Softmax, class PartialOf>
void MergeAll(const AttentionArgs& args, int query, const PartialOf& partial) {
  Partial all = PartialAt(args, args.scratch, query);
  Clear(args.head_dim, all);
  const AttentionRanges ranges = RangesOf(args);
  for (int r = ranges.first; r < ranges.end; ++r) {
    Merge<Softmax>(partial(r), args.head_dim, all);
  }
  WriteOut(args, query, all);
}

template <class Softmax>
void RunAttention(const AttentionArgs& args) {
  const int queries = args.num_rows * args.num_heads;
  float* one = args.scratch + AttentionPartialFloats(queries, args.head_dim);
  for (int q = 0; q < queries; ++q) {
    if (args.partials == nullptr) {
      MergeAll<Softmax>(args, q, [&](int range) {
        const Partial part = PartialAt(args, one, q);
        AddRange<Softmax>(args, q, range, part);
        return part;
      });
    }
    for (int r = args.part.first; r < args.part.end; ++r) {
      AddRange<Softmax>(args, q, r, PartialAt(args, PartialsOf(args, r), q));
    }
  }
}

template <class Softmax>
void RunMergeAttention(const AttentionArgs& args) {
  for (int q = 0; q < args.num_rows * args.num_heads; ++q) {
    MergeAll<Softmax>(args, q, [&](int range) {
      return PartialAt(args, PartialsOf(args, range), q);
    });
  }
}

}  // namespace
}  // namespace mj::scalar

#endif  // MILLIJOULE_KERNELS_SCALAR_ATTENTION_BODY_H_
