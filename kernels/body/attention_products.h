// The inner loops of Attention: queries times keys, weights times values, for
// groups of queries that share the loads. Steps ascend by pairs of dimensions
// or slots (kernels/kv_block.h). `Kv` says how a half of a pair, or all of it,
// is loaded and multiplied:
//   Element, Factor                           of the block; of q and weights
//   kHalves                                   products a pair takes: 2 or 1
//   kWidens                                   loads are more than loads
//   Key<half>(keys, pair, slot)               lanes: slots
//   Value<half>(values, padded, pair, d)      lanes: dimensions
//   Keep<half>(value)                         with nothing in the other half
//   Set<half>(factors, pair)                  in every lane
//   MultiplyAdd(key or value, factor, sum)
#ifndef MILLIJOULE_KERNELS_BODY_ATTENTION_PRODUCTS_H_
#define MILLIJOULE_KERNELS_BODY_ATTENTION_PRODUCTS_H_

#include "kernels/body/attention_queries.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

// Vectors that a group takes at once: at least 6 sums, to hide the latency of
// a multiply-add, at most 12, to leave registers. Of AVX2's 16, what 3 queries
// with 4 vectors leave is too little to widen in.
template <class V, class Kv>
constexpr int GroupWidth(int count) {
  constexpr bool kRoom = V::kLanes == 16 || !Kv::kWidens;
  return count <= (kRoom ? 3 : 2) ? 4 : 2;
}

// A block as `Kv` reads it.
template <class Kv_>
struct KvView {
  using Kv = Kv_;
  const typename Kv::Element* keys;
  const typename Kv::Element* values;
  const float* key_scales = nullptr;  // [32], or none
  const float* value_scales = nullptr;
};

// sum[i, v] += load(v) * set(i). The fewer of both stay in registers, beside
// one of the others.
template <class Kv, int kCount, int kWidth, class Load, class Set, class Sum>
MJ_INLINE void AddProducts(const Load& load, const Set& set, Sum* sum) {
  constexpr bool kKeepFactors = kCount < kWidth;
  typename Kv::Lanes kept[kKeepFactors ? kCount : kWidth];
  Unroll<(kKeepFactors ? kCount : kWidth)>([&](auto n) MJ_LAMBDA {
    if constexpr (kKeepFactors) {
      kept[n.value] = set(n);
    } else {
      kept[n.value] = load(n);
    }
  });
  Unroll<(kKeepFactors ? kWidth : kCount)>([&](auto n) MJ_LAMBDA {
    if constexpr (kKeepFactors) {
      const auto value = load(n);
      Unroll<kCount>([&](auto i) MJ_LAMBDA {
        Sum& s = sum[i.value * kWidth + n.value];
        s = Kv::MultiplyAdd(value, kept[i.value], s);
      });
    } else {
      const auto factor = set(n);
      Unroll<kWidth>([&](auto v) MJ_LAMBDA {
        Sum& s = sum[n.value * kWidth + v.value];
        s = Kv::MultiplyAdd(kept[v.value], factor, s);
      });
    }
  });
}

template <class V, class Kv, int kCount, int kWidth, int kHalf>
MJ_INLINE void AddKeys(const typename Kv::Element* keys, int64_t pair, int slot,
                       const typename Kv::Factor* q, int64_t stride,
                       typename V::F* sum) {
  AddProducts<Kv, kCount, kWidth>(
      [&](auto v) MJ_LAMBDA {
        return Kv::template Key<kHalf>(keys, pair, slot + v.value * V::kLanes);
      },
      [&](auto i) MJ_LAMBDA {
        return Kv::template Set<kHalf>(q + i.value * stride, pair);
      },
      sum);
}

// Scaled scores of kCount queries against the block's keys from `slot` on:
// scores [queries, 32].
template <class V, class Kv, int kCount, int kWidth>
void ScoreTile(const KvView<Kv>& kv, const AttentionQueries& queries,
               const typename Kv::Factor* q, int slot, float* scores) {
  typename V::F sum[kCount * kWidth];
  Unroll<kCount * kWidth>([&](auto n) MJ_LAMBDA { sum[n.value] = V::Zero(); });
  const int head_dim = queries.args.head_dim;
  const int64_t stride = queries.padded;
  int64_t pair = 0;
  for (; pair < head_dim / 2; ++pair) {
    Unroll<Kv::kHalves>([&](auto h) MJ_LAMBDA {
      AddKeys<V, Kv, kCount, kWidth, h.value>(kv.keys, pair, slot, q, stride,
                                              sum);
    });
  }
  if (head_dim % 2 == 1) {
    AddKeys<V, Kv, kCount, kWidth, 0>(kv.keys, pair, slot, q, stride, sum);
  }
  Unroll<kWidth>([&](auto v) MJ_LAMBDA {
    const int at = slot + v.value * V::kLanes;
    auto scale = V::Set1(queries.args.scale);
    if (kv.key_scales != nullptr) {
      scale = V::Mul(scale, V::Load(kv.key_scales + at));
    }
    Unroll<kCount>([&](auto i) MJ_LAMBDA {
      V::Store(scores + i.value * kKvBlockSlots + at,
               V::Mul(sum[i.value * kWidth + v.value], scale));
    });
  });
}

// q: [queries, padded].
template <class V, class Kv>
void AddScores(const KvView<Kv>& kv, const AttentionQueries& queries,
               const typename Kv::Factor* q, float* scores) {
  constexpr int kVectors = kKvBlockSlots / V::kLanes;
  ForGroups(0, queries.count, [&](auto count, int first) {
    constexpr int kCount = count.value;
    constexpr int kMost = GroupWidth<V, Kv>(kCount);
    constexpr int kWidth = kMost < kVectors ? kMost : kVectors;
    for (int slot = 0; slot < kKvBlockSlots; slot += kWidth * V::kLanes) {
      ScoreTile<V, Kv, kCount, kWidth>(kv, queries, q + first * queries.padded,
                                       slot, scores + first * kKvBlockSlots);
    }
  });
}

// Weights [queries, 32], in rows of as many bytes as scores have.
template <class Kv>
constexpr int64_t kWeightStride = kKvBlockSlots * sizeof(float) /
                                  sizeof(typename Kv::Factor);

// kEdge: the pair's other slot lies outside.
template <class V, class Kv, int kCount, int kWidth, int kHalf, bool kEdge>
MJ_INLINE void AddSlots(const typename Kv::Element* values, int64_t padded,
                        int64_t pair, int64_t d,
                        const typename Kv::Factor* weights,
                        typename V::F* sum) {
  AddProducts<Kv, kCount, kWidth>(
      [&](auto v) MJ_LAMBDA {
        const auto value = Kv::template Value<kHalf>(values, padded, pair,
                                                     d + v.value * V::kLanes);
        if constexpr (kEdge) return Kv::template Keep<kHalf>(value);
        return value;
      },
      [&](auto i) MJ_LAMBDA {
        return Kv::template Set<kHalf>(weights + i.value * kWeightStride<Kv>,
                                       pair);
      },
      sum);
}

// sums = sums * decay + sum over slots of weight * V, slots ascending, for
// kWidth vectors of the head from dimension d on. Slots outside are not read,
// or read as 0 where their pair is.
template <class V, class Kv, int kCount, int kWidth>
void ValueTile(const KvView<Kv>& kv, int64_t padded, SlotRange slots, int64_t d,
               const typename Kv::Factor* weights, const float* decay,
               float* sums) {
  typename V::F sum[kCount * kWidth];
  Unroll<kCount>([&](auto i) MJ_LAMBDA {
    const auto kept = V::Set1(decay[i.value]);
    Unroll<kWidth>([&](auto v) MJ_LAMBDA {
      sum[i.value * kWidth + v.value] = V::Mul(
          V::Load(sums + i.value * padded + d + v.value * V::kLanes), kept);
    });
  });
  if (slots.first % 2 == 1) {
    AddSlots<V, Kv, kCount, kWidth, 1, true>(kv.values, padded, slots.first / 2,
                                             d, weights, sum);
  }
  for (int pair = (slots.first + 1) / 2; pair < slots.last / 2; ++pair) {
    Unroll<Kv::kHalves>([&](auto h) MJ_LAMBDA {
      AddSlots<V, Kv, kCount, kWidth, h.value, false>(kv.values, padded, pair,
                                                      d, weights, sum);
    });
  }
  if (slots.last % 2 == 1) {
    AddSlots<V, Kv, kCount, kWidth, 0, true>(kv.values, padded, slots.last / 2,
                                             d, weights, sum);
  }
  Unroll<kCount * kWidth>([&](auto n) MJ_LAMBDA {
    constexpr int i = n.value / kWidth, v = n.value % kWidth;
    V::Store(sums + i * padded + d + v * V::kLanes, sum[n.value]);
  });
}

// Dimensions from d on, in tiles that get narrower towards the end.
template <class V, class Kv, int kCount, int kWidth>
void AddDimensions(const KvView<Kv>& kv, int64_t padded, SlotRange slots,
                   int64_t d, const typename Kv::Factor* weights,
                   const float* decay, float* sums) {
  constexpr int kDims = kWidth * V::kLanes;
  for (; d + kDims <= padded; d += kDims) {
    ValueTile<V, Kv, kCount, kWidth>(kv, padded, slots, d, weights, decay,
                                     sums);
  }
  if constexpr (kDims > 16) {
    AddDimensions<V, Kv, kCount, kWidth / 2>(kv, padded, slots, d, weights,
                                             decay, sums);
  }
}

// Queries [first, last), which see the same slots.
template <class V, class Kv>
void AddValues(const KvView<Kv>& kv, const AttentionQueries& queries,
               SlotRange slots, int first, int last,
               const typename Kv::Factor* weights, const float* decay,
               float* sums) {
  const int64_t padded = queries.padded;
  ForGroups(first, last, [&](auto count, int query) {
    AddDimensions<V, Kv, count.value, GroupWidth<V, Kv>(count.value)>(
        kv, padded, slots, 0, weights + query * kWeightStride<Kv>,
        decay + query, sums + query * padded);
  });
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ATTENTION_PRODUCTS_H_
