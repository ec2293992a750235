// The body of Attention and MergeAttention (kernels/attention.h) over a Vector
// type. All queries of a call pass over a block together, so that K and V are
// loaded once for several of them: first their scores, then the weights, then
// the values.
#ifndef MILLIJOULE_KERNELS_BODY_ATTENTION_BODY_H_
#define MILLIJOULE_KERNELS_BODY_ATTENTION_BODY_H_

#include "kernels/attention.h"
#include "kernels/body/attention_products.h"
#include "kernels/body/attention_queries.h"
#include "kernels/body/attention_sums.h"
#include "kernels/body/exp.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

// `Products`: FloatProducts, or another with its members.
template <class V, class Products>
class AttentionBody {
 public:
  explicit AttentionBody(const AttentionArgs& args)
      : queries_(args),
        all_(queries_, args.scratch),
        range_(queries_, all_.end),
        decay_(range_.end),
        lanes_(decay_ + queries_.rounded_count),
        scores_(lanes_ + 16 * queries_.count),
        q_(reinterpret_cast<Factor*>(scores_ + kKvBlockSlots * queries_.count)),
        products_(queries_, scores_ + (kKvBlockSlots + queries_.padded) *
                                          queries_.count) {}

  void Run() {
    TakeQueries();
    const AttentionArgs& args = queries_.args;
    if (args.partials != nullptr) return RunPart();
    all_.template Clear<V>();
    const AttentionRanges ranges = RangesOf(args);
    for (int r = ranges.first; r < ranges.end; ++r) {
      AddRange(r, range_);
      MergeSums<V>(queries_, range_, all_);
    }
    WriteOut<V>(queries_, all_);
  }

 private:
  using F = typename V::F;
  using Factor = typename Products::Factor;
  static constexpr int kVectors = kKvBlockSlots / V::kLanes;  // of a block

  void RunPart() {
    for (int r = queries_.args.part.first; r < queries_.args.part.end; ++r) {
      AddRange(r, PartialSums(queries_, r));
    }
  }

  void TakeQueries() {
    const AttentionArgs& args = queries_.args;
    Factor* to = q_;
    for (int row = 0; row < args.num_rows; ++row) {
      const float* q = args.q + row * args.q_stride;
      for (int h = 0; h < args.num_heads; ++h) {
        Products::TakeQuery(q + h * int64_t{args.head_dim}, args.head_dim,
                            queries_.padded, to);
        to += queries_.padded;
      }
    }
  }

  void AddRange(int range, const SoftmaxSums& sums) {
    sums.Clear<V>();
    for (int q = 0; q < queries_.count; ++q) V::Store(Lanes(q), V::Zero());
    for (int b = queries_.FirstBlock(range); b < queries_.EndBlock(range);
         ++b) {
      const AttentionArgs& args = queries_.args;
      products_.Visit(args.kv + args.block_table[b] * args.block_stride,
                      [&](const auto& kv) { AddBlock(kv, b, sums); });
    }
    for (int q = 0; q < queries_.count; ++q) {
      sums.total[q] = V::Sum(V::Load(Lanes(q)));
    }
  }

  template <class Kv>
  void AddBlock(const KvView<Kv>& kv, int block, const SoftmaxSums& sums) {
    AddScores<V>(kv, queries_, q_, scores_);
    RaiseMaxima(block, sums);
    WeighSlots(block, kv.value_scales, sums);
    ForRowsAlike(block, [&](SlotRange slots, int first, int last) {
      AddValues<V>(kv, queries_, slots, first, last,
                   reinterpret_cast<const Factor*>(scores_), decay_,
                   sums.values);
    });
  }

  // Calls f(slots, first query, last) for rows that see the same of a block.
  template <class Function>
  MJ_INLINE void ForRowsAlike(int block, const Function& f) const {
    const int heads = queries_.args.num_heads;
    const int rows = queries_.args.num_rows;
    for (int row = 0; row < rows;) {
      const SlotRange slots = queries_.SlotsOf(row, block);
      const int first = row++;
      while (row < rows && queries_.SlotsOf(row, block) == slots) ++row;
      if (!slots.empty()) f(slots, first * heads, row * heads);
    }
  }

  // Greatest scores so far; decay = exp(what they were - what they are).
  void RaiseMaxima(int block, const SoftmaxSums& sums) {
    for (int q = 0; q < queries_.rounded_count; ++q) decay_[q] = kNoScore;
    ForRowsAlike(block, [&](SlotRange slots, int first, int last) {
      for (int q = first; q < last; ++q) decay_[q] = BlockMax(q, slots);
    });
    for (int q = 0; q < queries_.rounded_count; q += V::kLanes) {
      const F before = V::Load(sums.max + q);
      const F max = V::Max(V::Load(decay_ + q), before);
      V::Store(sums.max + q, max);
      V::Store(decay_ + q, Exp<V>(V::Sub(before, max)));
    }
  }

  // Scores of slots outside become kNoScore.
  MJ_INLINE float BlockMax(int query, SlotRange slots) {
    float* scores = scores_ + int64_t{query} * kKvBlockSlots;
    if (!slots.full()) {
      Unroll<kVectors>([&](auto v) MJ_LAMBDA {
        constexpr int kFirst = v.value * V::kLanes;
        const F index = V::Add(V::Iota(), V::Set1(kFirst));
        V::Store(scores + kFirst,
                 V::Within(index, static_cast<float>(slots.first),
                           static_cast<float>(slots.last),
                           V::Load(scores + kFirst), V::Set1(kNoScore)));
      });
    }
    F highest = V::Load(scores);
    for (int v = 1; v < kVectors; ++v) {
      highest = V::Max(V::Load(scores + v * V::kLanes), highest);
    }
    return V::MaxLane(highest);
  }

  // Turns scores into weights exp(score - max): 0 for slots outside.
  void WeighSlots(int block, const float* value_scales,
                  const SoftmaxSums& sums) {
    ForRowsAlike(block, [&](SlotRange, int first, int last) {
      for (int q = first; q < last; ++q) {
        float* scores = scores_ + int64_t{q} * kKvBlockSlots;
        const F max = V::Set1(sums.max[q]);
        F p[kVectors];
        Unroll<kVectors>([&](auto v) MJ_LAMBDA {
          p[v.value] =
              Products::ExpOf(V::Sub(V::Load(scores + v.value * V::kLanes), max));
        });
        const F sum = Products::StoreWeights(p, value_scales,
                                             reinterpret_cast<Factor*>(scores));
        V::Store(Lanes(q), V::Fma(V::Load(Lanes(q)), V::Set1(decay_[q]), sum));
      }
    });
  }

  float* Lanes(int query) const { return lanes_ + 16 * int64_t{query}; }

  const AttentionQueries queries_;
  const SoftmaxSums all_;
  const SoftmaxSums range_;
  float* const decay_;   // [queries]: of the sums before the block
  float* const lanes_;   // [queries, 16]: of the sum of a range's weights
  float* const scores_;  // [queries, 32]; then the weights, in their place
  Factor* const q_;      // [queries, padded]
  const Products products_;
};

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ATTENTION_BODY_H_
