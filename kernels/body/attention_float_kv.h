// Attention's products in float32: how each stored type becomes float32 lanes,
// exactly, and how a block is widened once for many queries.
#ifndef MILLIJOULE_KERNELS_BODY_ATTENTION_FLOAT_KV_H_
#define MILLIJOULE_KERNELS_BODY_ATTENTION_FLOAT_KV_H_

#include "kernels/body/attention_products.h"
#include "kernels/body/exp.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

template <class V>
struct FloatFactors {
  using Lanes = typename V::F;
  using Factor = float;
  static constexpr int kHalves = 2;

  template <int kHalf>
  MJ_INLINE static Lanes Keep(Lanes value) {
    return value;
  }
  template <int kHalf>
  MJ_INLINE static Lanes Set(const float* factors, int64_t pair) {
    return V::Set1(factors[2 * pair + kHalf]);
  }
  MJ_INLINE static Lanes MultiplyAdd(Lanes a, Lanes factor, Lanes sum) {
    return V::Fma(a, factor, sum);
  }
};

// K [padded][32], V [32][padded].
template <class V, KvType kType, class Element_>
struct RowsKv : FloatFactors<V> {
  using Element = Element_;
  static constexpr bool kWidens = kType != KvType::kF32;
  using F = typename V::F;
  template <int kHalf>
  MJ_INLINE static F Key(const Element* keys, int64_t pair, int slot) {
    return Load(keys + (2 * pair + kHalf) * kKvBlockSlots + slot);
  }
  template <int kHalf>
  MJ_INLINE static F Value(const Element* values, int64_t padded, int64_t pair,
                           int64_t d) {
    return Load(values + (2 * pair + kHalf) * padded + d);
  }

 private:
  MJ_INLINE static F Load(const Element* p) {
    if constexpr (kType == KvType::kF32) return V::Load(p);
    if constexpr (kType == KvType::kF16) return V::LoadHalf(p);
    if constexpr (kType == KvType::kInt8) return V::LoadInt8(p);
  }
};
template <class V>
using FloatKv = RowsKv<V, KvType::kF32, float>;
template <class V>
using HalfKv = RowsKv<V, KvType::kF16, uint16_t>;
template <class V>
using Int8Kv = RowsKv<V, KvType::kInt8, int8_t>;

// K [padded / 2][32][2], V [16][padded][2]: a lane holds both halves.
template <class V>
struct PairsKv : FloatFactors<V> {
  using Element = uint16_t;
  static constexpr bool kWidens = true;
  using F = typename V::F;
  template <int kHalf>
  MJ_INLINE static F Key(const Element* keys, int64_t pair, int slot) {
    return Half<kHalf>(keys + 2 * (pair * kKvBlockSlots + slot));
  }
  template <int kHalf>
  MJ_INLINE static F Value(const Element* values, int64_t padded, int64_t pair,
                           int64_t d) {
    return Half<kHalf>(values + 2 * (pair * padded + d));
  }

 private:
  template <int kHalf>
  MJ_INLINE static F Half(const Element* p) {
    const auto both = V::LoadInt(p);
    if constexpr (kHalf == 0)
      return V::AsFloat(V::template ShiftLeft<16>(both));
    return V::AsFloat(V::And(both, static_cast<int>(0xFFFF0000)));
  }
};

// The block as float32, in keys [padded][32] and values [32][padded]. Slots
// that hold anything stay so.
template <class V, class Kv>
void Widen(const KvView<Kv>& from, const AttentionQueries& queries, float* keys,
           float* values) {
  for (int64_t pair = 0; pair < (queries.args.head_dim + 1) / 2; ++pair) {
    Unroll<2>([&](auto half) MJ_LAMBDA {
      constexpr int kHalf = half.value;
      float* to = keys + (2 * pair + kHalf) * kKvBlockSlots;
      for (int slot = 0; slot < kKvBlockSlots; slot += V::kLanes) {
        V::Store(to + slot, Kv::template Key<kHalf>(from.keys, pair, slot));
      }
    });
  }
  const int64_t padded = queries.padded;
  for (int64_t pair = 0; pair < kKvBlockSlots / 2; ++pair) {
    Unroll<2>([&](auto half) MJ_LAMBDA {
      constexpr int kHalf = half.value;
      float* to = values + (2 * pair + kHalf) * padded;
      for (int64_t d = 0; d < padded; d += V::kLanes) {
        V::Store(to + d,
                 Kv::template Value<kHalf>(from.values, padded, pair, d));
      }
    });
  }
}

// What AttentionBody needs to know.
template <class V>
class FloatProducts {
 public:
  using F = typename V::F;
  using Factor = float;

  // widened: [2, 32, padded].
  FloatProducts(const AttentionQueries& queries, float* widened)
      : queries_(queries), widened_(widened) {}

  // q's head, then zeros up to `padded`.
  static void TakeQuery(const float* q, int head_dim, int64_t padded,
                        float* out) {
    for (int64_t d = 0; d < head_dim; ++d) out[d] = q[d];
    for (int64_t d = head_dim; d < padded; ++d) out[d] = 0;
  }

  // A weight, of a score less the greatest.
  MJ_INLINE static F ExpOf(F x) { return Exp<V>(x); }

  // Stores 32 weights, times their values' scales where there are any; returns
  // the lanes of their own sum.
  MJ_INLINE static F StoreWeights(const F* p, const float* value_scales,
                                  float* weights) {
    constexpr int kVectors = kKvBlockSlots / V::kLanes;
    F sum = p[0];
    Unroll<kVectors>([&](auto v) MJ_LAMBDA {
      F weight = p[v.value];
      if (v.value > 0) sum = V::Add(sum, weight);
      if (value_scales != nullptr) {
        weight = V::Mul(weight, V::Load(value_scales + v.value * V::kLanes));
      }
      V::Store(weights + v.value * V::kLanes, weight);
    });
    return sum;
  }

  // Calls f(view of the block).
  template <class Function>
  void Visit(const std::byte* block, const Function& f) const {
    switch (queries_.args.type) {
      case KvType::kF32:
        return f(View<FloatKv<V>>(block));
      case KvType::kBF16:
        return VisitWidened(View<PairsKv<V>>(block), f);
      case KvType::kF16:
        return VisitWidened(View<HalfKv<V>>(block), f);
      case KvType::kInt8: {
        KvView<Int8Kv<V>> view = View<Int8Kv<V>>(block);
        const int8_t* end = view.values + kKvBlockSlots * queries_.padded;
        view.key_scales = reinterpret_cast<const float*>(end);
        view.value_scales = view.key_scales + kKvBlockSlots;
        return VisitWidened(view, f);
      }
    }
  }

 private:
  template <class Kv>
  KvView<Kv> View(const std::byte* block) const {
    const auto* keys = reinterpret_cast<const typename Kv::Element*>(block);
    return {keys, keys + kKvBlockSlots * queries_.padded};
  }

  // One group of queries widens in registers; several share a copy that stays
  // in the cache.
  template <class Kv, class Function>
  void VisitWidened(const KvView<Kv>& view, const Function& f) const {
    if (queries_.count <= kQueryGroup) return f(view);
    float* values = widened_ + kKvBlockSlots * queries_.padded;
    Widen<V>(view, queries_, widened_, values);
    f(KvView<FloatKv<V>>{widened_, values, view.key_scales, view.value_scales});
  }

  const AttentionQueries& queries_;
  float* const widened_;
};

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ATTENTION_FLOAT_KV_H_
