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
    const float* keys =
        args_.kv + args_.block_table[block] * args_.block_stride;
    AddScores(keys);
    for (int q = 0; q < queries_; ++q) {
      const SlotRange slots = SlotsOf(q, block);
      if (!slots.empty()) WeighSlots(q, slots);
    }
    AddValues(keys + kKvBlockSlots * padded_, block);
  }

  void AddScores(const float* keys) {
    int q = 0;
    for (; q + V::kQueries <= queries_; q += V::kQueries) {
      Scores<V::kQueries>(keys, q);
    }
    for (; q < queries_; ++q) Scores<1>(keys, q);
  }

  // Scaled scores of kCount queries against the block's 32 keys.
  template <int kCount>
  void Scores(const float* keys, int query) {
    const float* q[kCount];
    F sum[kCount * kVecs];
    Unroll<kCount>([&](auto i) MJ_LAMBDA {
      q[i.value] = Query(query + i.value);
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        sum[i.value * kVecs + v.value] = V::Zero();
      });
    });
    for (int d = 0; d < args_.head_dim; ++d, keys += kKvBlockSlots) {
      Unroll<kCount>([&](auto i) MJ_LAMBDA {
        const F qd = V::Set1(q[i.value][d]);
        Unroll<kVecs>([&](auto v) MJ_LAMBDA {
          F& s = sum[i.value * kVecs + v.value];
          s = V::Fma(V::Load(keys + v.value * V::kLanes), qd, s);
        });
      });
    }
    const F scale = V::Set1(args_.scale);
    float* out = weights_ + int64_t{query} * kKvBlockSlots;
    Unroll<kCount * kVecs>([&](auto n) MJ_LAMBDA {
      V::Store(out + n.value * V::kLanes, V::Mul(sum[n.value], scale));
    });
  }

  // Turns a query's scores into exp(score - max); slots outside give 0.
  void WeighSlots(int query, SlotRange slots) {
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
  void AddValues(const float* values, int block) {
    int q = 0;
    while (q < queries_) {
      const SlotRange slots = SlotsOf(q, block);
      int count = 1;
      while (count < V::kQueries && q + count < queries_ &&
             SlotsOf(q + count, block) == slots) {
        ++count;
      }
      if (!slots.empty()) AddValuesOf(values, slots, q, count);
      q += count;
    }
  }

  void AddValuesOf(const float* values, SlotRange slots, int query, int count) {
    for (; count >= V::kQueries; query += V::kQueries, count -= V::kQueries) {
      AddDims<V::kQueries>(values, slots, query);
    }
    for (; count > 0; ++query, --count) AddDims<1>(values, slots, query);
  }

  template <int kCount>
  void AddDims(const float* values, SlotRange slots, int query) {
    int64_t d = 0;
    for (; d + 32 <= padded_; d += 32) {
      AddTile<kCount, kTile>(values + d, slots, query, d);
    }
    if (d < padded_) AddTile<kCount, kTile / 2>(values + d, slots, query, d);
  }

  // range = range * decay + sum over slots of weight * V, slots ascending, for
  // kWidth vectors of the head from dimension d on.
  template <int kCount, int kWidth>
  void AddTile(const float* values, SlotRange slots, int query, int64_t d) {
    const float* weights = weights_ + int64_t{query} * kKvBlockSlots;
    F sum[kCount * kWidth];
    Unroll<kCount * kWidth>([&](auto n) MJ_LAMBDA {
      constexpr int i = n.value / kWidth, v = n.value % kWidth;
      sum[n.value] =
          V::Mul(V::Load(range_ + (query + i) * padded_ + d + v * V::kLanes),
                 V::Set1(state_[query + i].decay));
    });
    for (int t = slots.first; t < slots.last; ++t) {
      const float* value = values + t * padded_;
      Unroll<kCount>([&](auto i) MJ_LAMBDA {
        const F weight = V::Set1(weights[i.value * kKvBlockSlots + t]);
        Unroll<kWidth>([&](auto v) MJ_LAMBDA {
          F& s = sum[i.value * kWidth + v.value];
          s = V::Fma(V::Load(value + v.value * V::kLanes), weight, s);
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
