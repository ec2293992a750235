// How Attention merges the sums of ranges and writes the result: the body of
// MergeAttention (kernels/attention.h) over a Vector type.
#ifndef MILLIJOULE_KERNELS_BODY_ATTENTION_SUMS_H_
#define MILLIJOULE_KERNELS_BODY_ATTENTION_SUMS_H_

#include "kernels/body/attention_queries.h"
#include "kernels/body/elementwise_body.h"
#include "kernels/body/exp.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

template <class V>
float ExpOf(float x) {
  float lanes[V::kLanes];
  V::Store(lanes, Exp<V>(V::Set1(x)));
  return lanes[0];
}

// Where a range's sums lie in args.partials.
inline SoftmaxSums PartialSums(const AttentionQueries& queries, int range) {
  const AttentionArgs& args = queries.args;
  const int64_t size = AttentionPartialFloats(queries.count, args.head_dim);
  return {queries, args.partials + (range - RangesOf(args).first) * size};
}

// all = all + range; queries that saw nothing of the range keep their bits.
template <class V>
void MergeSums(const AttentionQueries& queries, const SoftmaxSums& range,
               const SoftmaxSums& all) {
  for (int q = 0; q < queries.count; ++q) {
    if (range.max[q] == kNoScore) continue;
    const float max = range.max[q] > all.max[q] ? range.max[q] : all.max[q];
    const float old_weight = ExpOf<V>(all.max[q] - max);
    const float new_weight = ExpOf<V>(range.max[q] - max);
    all.max[q] = max;
    all.total[q] = all.total[q] * old_weight + range.total[q] * new_weight;
    const float* from = range.values + q * queries.padded;
    float* to = all.values + q * queries.padded;
    for (int64_t d = 0; d < queries.padded; d += V::kLanes) {
      const auto kept = V::Mul(V::Load(to + d), V::Set1(old_weight));
      V::Store(to + d, V::Fma(V::Load(from + d), V::Set1(new_weight), kept));
    }
  }
}

template <class V>
void WriteOut(const AttentionQueries& queries, const SoftmaxSums& all) {
  const AttentionArgs& args = queries.args;
  for (int q = 0; q < queries.count; ++q) {
    float* out = args.out + q / args.num_heads * args.out_stride +
                 q % args.num_heads * int64_t{args.head_dim};
    const float* values = all.values + q * queries.padded;
    const auto total = V::Set1(all.total[q]);
    for (int64_t d = 0; d < args.head_dim; d += V::kLanes) {
      const int64_t left = args.head_dim - d;
      const auto value = V::Div(V::Load(values + d), total);
      if (left >= V::kLanes) {
        V::Store(out + d, value);
      } else {
        StoreFirst<V>(out + d, left, value);
      }
    }
  }
}

template <class V>
void RunMergeAttention(const AttentionArgs& args) {
  const AttentionQueries queries(args);
  const SoftmaxSums all(queries, args.scratch);
  all.Clear<V>();
  const AttentionRanges ranges = RangesOf(args);
  for (int r = ranges.first; r < ranges.end; ++r) {
    MergeSums<V>(queries, PartialSums(queries, r), all);
  }
  WriteOut<V>(queries, all);
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ATTENTION_SUMS_H_
