// The body of Attention (kernels/attention.h) over a Vector type. A query is
// one row and head; all queries of a call pass over a block together, so that
// K and V are loaded once for several of them.
#ifndef MILLIJOULE_KERNELS_BODY_ATTENTION_BODY_H_
#define MILLIJOULE_KERNELS_BODY_ATTENTION_BODY_H_

#include "kernels/attention.h"
#include "kernels/body/elementwise_body.h"
#include "kernels/body/exp.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

// Positions of a query in one block: slots [first, last).
struct SlotRange {
  int first;
  int last;
  bool empty() const { return first >= last; }
  bool operator==(const SlotRange& o) const {
    return first == o.first && last == o.last;
  }
};

// Softmax-weighted values so far, of the range and of all ranges before it:
// sums scaled by exp(-max), and the factor of the range's next block.
struct SoftmaxState {
  float max;
  float total;
  float all_max;
  float all_total;
  float decay;
  float unused[11];  // a cache line
};

// How an element type of the KV cache becomes float32 lanes.
template <class V>
struct StoredF32 {
  using Element = float;
  static constexpr bool kScaled = false;
  MJ_INLINE static auto Load(const float* p) { return V::Load(p); }
};
template <class V>
struct StoredBF16 {
  using Element = uint16_t;
  static constexpr bool kScaled = false;
  MJ_INLINE static auto Load(const uint16_t* p) { return V::LoadBFloat16(p); }
};
template <class V>
struct StoredF16 {
  using Element = uint16_t;
  static constexpr bool kScaled = false;
  MJ_INLINE static auto Load(const uint16_t* p) { return V::LoadHalf(p); }
};
template <class V>
struct StoredInt8 {
  using Element = int8_t;
  static constexpr bool kScaled = true;
  MJ_INLINE static auto Load(const int8_t* p) { return V::LoadInt8(p); }
};

template <class V>
class AttentionBody {
 public:
  explicit AttentionBody(const AttentionArgs& args)
      : args_(args),
        padded_((args.head_dim + 15) / 16 * 16),
        queries_(args.num_rows * args.num_heads),
        state_(reinterpret_cast<SoftmaxState*>(args.scratch)),
        weights_(args.scratch + 16 * int64_t{queries_}),
        range_(weights_ + kKvBlockSlots * int64_t{queries_}),
        all_(range_ + padded_ * queries_) {}

  void Run() {
    for (int q = 0; q < queries_; ++q) {
      state_[q] = {kNone, 0, kNone, 0, 0, {}};
    }
    for (int64_t i = 0; i < 2 * padded_ * queries_; ++i) range_[i] = 0;
    const int first = FirstPosition(args_.start_position) / kKvBlockSlots;
    const int last =
        (args_.start_position + args_.num_rows - 1) / kKvBlockSlots;
    for (int block = first; block <= last; ++block) {
      AddBlock(block);
      if (block == last || (block + 1) % kRangeBlocks == 0) MergeRange();
    }
    for (int q = 0; q < queries_; ++q) WriteOut(q);
  }

 private:
  using F = typename V::F;
  static constexpr float kNone = -__builtin_inff();
  static constexpr int kRangeBlocks = kAttentionRange / kKvBlockSlots;
  static constexpr int kVecs = kKvBlockSlots / V::kLanes;  // of a block
  static constexpr int kTile = 32 / V::kLanes;  // V vectors added at once

  int FirstPosition(int position) const {
    const int first = position + 1 - args_.window;
    return args_.window > 0 && first > 0 ? first : 0;
  }
  SlotRange SlotsOf(int query, int block) const {
    const int position = args_.start_position + query / args_.num_heads;
    const int base = block * kKvBlockSlots;
    const int first = FirstPosition(position) - base;
    const int last = position + 1 - base;
    return {first > 0 ? first : 0, last < kKvBlockSlots ? last : kKvBlockSlots};
  }
  const float* Query(int query) const {
    return args_.q + query / args_.num_heads * args_.q_stride +
           query % args_.num_heads * int64_t{args_.head_dim};
  }

  void AddBlock(int block) {
    const std::byte* kv =
        args_.kv + args_.block_table[block] * args_.block_stride;
    switch (args_.type) {
      case KvType::kF32:
        return AddBlockOf<StoredF32<V>>(kv, block);
      case KvType::kBF16:
        return AddBlockOf<StoredBF16<V>>(kv, block);
      case KvType::kF16:
        return AddBlockOf<StoredF16<V>>(kv, block);
      case KvType::kInt8:
        return AddBlockOf<StoredInt8<V>>(kv, block);
    }
  }

  template <class Stored>
  void AddBlockOf(const std::byte* kv, int block) {
    using Element = typename Stored::Element;
    const auto* keys = reinterpret_cast<const Element*>(kv);
    const Element* values = keys + kKvBlockSlots * padded_;
    const float* key_scales = nullptr;
    const float* value_scales = nullptr;
    if constexpr (Stored::kScaled) {
      key_scales =
          reinterpret_cast<const float*>(values + kKvBlockSlots * padded_);
      value_scales = key_scales + kKvBlockSlots;
    }
    AddScores<Stored>(keys, key_scales);
    for (int q = 0; q < queries_; ++q) {
      const SlotRange slots = SlotsOf(q, block);
      if (!slots.empty()) WeighSlots(q, slots, value_scales);
    }
    AddValues<Stored>(values, block);
  }

  template <class Stored>
  void AddScores(const typename Stored::Element* keys,
                 const float* key_scales) {
    int q = 0;
    for (; q + V::kQueries <= queries_; q += V::kQueries) {
      Scores<Stored, V::kQueries>(keys, key_scales, q);
    }
    for (; q < queries_; ++q) Scores<Stored, 1>(keys, key_scales, q);
  }

  // Scaled scores of kCount queries against the block's 32 keys.
  template <class Stored, int kCount>
  void Scores(const typename Stored::Element* keys, const float* key_scales,
              int query) {
    const float* q[kCount];
    F sum[kCount * kVecs];
    Unroll<kCount>([&](auto i) MJ_LAMBDA {
      q[i.value] = Query(query + i.value);
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        sum[i.value * kVecs + v.value] = V::Zero();
      });
    });
    for (int d = 0; d < args_.head_dim; ++d, keys += kKvBlockSlots) {
      // One vector of keys at a time: 12 sums and 3 factors fill AVX2.
      F factor[kCount];
      Unroll<kCount>(
          [&](auto i) MJ_LAMBDA { factor[i.value] = V::Set1(q[i.value][d]); });
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        const F key = Stored::Load(keys + v.value * V::kLanes);
        Unroll<kCount>([&](auto i) MJ_LAMBDA {
          F& s = sum[i.value * kVecs + v.value];
          s = V::Fma(key, factor[i.value], s);
        });
      });
    }
    F scale[kVecs];
    Unroll<kVecs>([&](auto v) MJ_LAMBDA {
      scale[v.value] = V::Set1(args_.scale);
      if constexpr (Stored::kScaled) {
        scale[v.value] =
            V::Mul(scale[v.value], V::Load(key_scales + v.value * V::kLanes));
      }
    });
    float* out = weights_ + int64_t{query} * kKvBlockSlots;
    Unroll<kCount * kVecs>([&](auto n) MJ_LAMBDA {
      V::Store(out + n.value * V::kLanes,
               V::Mul(sum[n.value], scale[n.value % kVecs]));
    });
  }

  // Turns a query's scores into exp(score - max), times the value's scale where
  // there are any; slots outside add 0 to the sum, and are not read again.
  void WeighSlots(int query, SlotRange slots, const float* value_scales) {
    SoftmaxState& state = state_[query];
    float* weights = weights_ + int64_t{query} * kKvBlockSlots;
    F score[kVecs];
    Unroll<kVecs>([&](auto v) MJ_LAMBDA {
      constexpr int kFirst = v.value * V::kLanes;
      const F index = V::Add(V::Iota(), V::Set1(kFirst));
      score[v.value] = V::Within(index, static_cast<float>(slots.first),
                                 static_cast<float>(slots.last),
                                 V::Load(weights + kFirst), V::Set1(kNone));
    });
    F highest = score[0];
    for (int v = 1; v < kVecs; ++v) highest = V::Max(score[v], highest);
    const float block_max = V::MaxLane(highest);
    const float max = block_max > state.max ? block_max : state.max;
    F sum = V::Zero();
    Unroll<kVecs>([&](auto v) MJ_LAMBDA {
      const F p = Exp<V>(V::Sub(score[v.value], V::Set1(max)));
      V::Store(weights + v.value * V::kLanes, p);
      sum = V::Add(sum, p);
      if (value_scales != nullptr) {
        V::Store(weights + v.value * V::kLanes,
                 V::Mul(p, V::Load(value_scales + v.value * V::kLanes)));
      }
    });
    state.decay = ExpOf(state.max - max);
    state.total = state.total * state.decay + V::Sum(sum);
    state.max = max;
  }

  static float ExpOf(float x) {
    float lanes[V::kLanes];
    V::Store(lanes, Exp<V>(V::Set1(x)));
    return lanes[0];
  }

  // Queries that see the same slots share the loads of V.
  template <class Stored>
  void AddValues(const typename Stored::Element* values, int block) {
    int q = 0;
    while (q < queries_) {
      const SlotRange slots = SlotsOf(q, block);
      int count = 1;
      while (count < V::kQueries && q + count < queries_ &&
             SlotsOf(q + count, block) == slots) {
        ++count;
      }
      if (!slots.empty()) AddValuesOf<Stored>(values, slots, q, count);
      q += count;
    }
  }

  template <class Stored>
  void AddValuesOf(const typename Stored::Element* values, SlotRange slots,
                   int query, int count) {
    for (; count >= V::kQueries; query += V::kQueries, count -= V::kQueries) {
      AddDims<Stored, V::kQueries>(values, slots, query);
    }
    for (; count > 0; ++query, --count)
      AddDims<Stored, 1>(values, slots, query);
  }

  template <class Stored, int kCount>
  void AddDims(const typename Stored::Element* values, SlotRange slots,
               int query) {
    int64_t d = 0;
    for (; d + 32 <= padded_; d += 32) {
      AddTile<Stored, kCount, kTile>(values + d, slots, query, d);
    }
    if (d < padded_)
      AddTile<Stored, kCount, kTile / 2>(values + d, slots, query, d);
  }

  // range = range * decay + sum over slots of weight * V, slots ascending, for
  // kWidth vectors of the head from dimension d on.
  template <class Stored, int kCount, int kWidth>
  void AddTile(const typename Stored::Element* values, SlotRange slots,
               int query, int64_t d) {
    const float* weights = weights_ + int64_t{query} * kKvBlockSlots;
    F sum[kCount * kWidth];
    Unroll<kCount * kWidth>([&](auto n) MJ_LAMBDA {
      constexpr int i = n.value / kWidth, v = n.value % kWidth;
      sum[n.value] =
          V::Mul(V::Load(range_ + (query + i) * padded_ + d + v * V::kLanes),
                 V::Set1(state_[query + i].decay));
    });
    for (int t = slots.first; t < slots.last; ++t) {
      const auto* row = values + t * padded_;
      F weight[kCount];
      Unroll<kCount>([&](auto i) MJ_LAMBDA {
        weight[i.value] = V::Set1(weights[i.value * kKvBlockSlots + t]);
      });
      Unroll<kWidth>([&](auto v) MJ_LAMBDA {
        const F value = Stored::Load(row + v.value * V::kLanes);
        Unroll<kCount>([&](auto i) MJ_LAMBDA {
          F& s = sum[i.value * kWidth + v.value];
          s = V::Fma(value, weight[i.value], s);
        });
      });
    }
    Unroll<kCount * kWidth>([&](auto n) MJ_LAMBDA {
      constexpr int i = n.value / kWidth, v = n.value % kWidth;
      V::Store(range_ + (query + i) * padded_ + d + v * V::kLanes,
               sum[n.value]);
    });
  }

  void MergeRange() {
    for (int q = 0; q < queries_; ++q) {
      if (state_[q].max != kNone) MergeQuery(q);
    }
  }

  void MergeQuery(int query) {
    SoftmaxState& state = state_[query];
    const float max = state.max > state.all_max ? state.max : state.all_max;
    const float old_weight = ExpOf(state.all_max - max);
    const float new_weight = ExpOf(state.max - max);
    state.all_total = state.all_total * old_weight + state.total * new_weight;
    state.all_max = max;
    state.max = kNone;
    state.total = 0;
    float* range = range_ + query * padded_;
    float* all = all_ + query * padded_;
    for (int64_t d = 0; d < padded_; d += V::kLanes) {
      const F kept = V::Mul(V::Load(all + d), V::Set1(old_weight));
      V::Store(all + d, V::Fma(V::Load(range + d), V::Set1(new_weight), kept));
      V::Store(range + d, V::Zero());
    }
  }

  void WriteOut(int query) {
    float* out = args_.out + query / args_.num_heads * args_.out_stride +
                 query % args_.num_heads * int64_t{args_.head_dim};
    const float* all = all_ + query * padded_;
    const F total = V::Set1(state_[query].all_total);
    for (int64_t d = 0; d < args_.head_dim; d += V::kLanes) {
      const int64_t left = args_.head_dim - d;
      const F value = V::Div(V::Load(all + d), total);
      if (left >= V::kLanes) {
        V::Store(out + d, value);
      } else {
        StoreFirst<V>(out + d, left, value);
      }
    }
  }

  const AttentionArgs& args_;
  const int64_t padded_;
  const int queries_;
  SoftmaxState* const state_;  // [queries]
  float* const weights_;       // [queries, 32]: scores, then exp of them
  float* const range_;         // [queries, padded]
  float* const all_;           // [queries, padded]
};

template <class V>
void RunAttention(const AttentionArgs& args) {
  AttentionBody<V>(args).Run();
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ATTENTION_BODY_H_
