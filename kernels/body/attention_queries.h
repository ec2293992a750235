// What the parts of Attention's body share: the queries of a call, the slots
// that they see, and their sums. A query is one row and head, rows first.
#ifndef MILLIJOULE_KERNELS_BODY_ATTENTION_QUERIES_H_
#define MILLIJOULE_KERNELS_BODY_ATTENTION_QUERIES_H_

#include "kernels/attention.h"
#include "kernels/body/inline.h"

namespace mj {
namespace {

constexpr float kNoScore = -__builtin_inff();

// Positions of a row in one block: slots [first, last).
struct SlotRange {
  int first;
  int last;
  bool empty() const { return first >= last; }
  bool full() const { return first == 0 && last == kKvBlockSlots; }
  bool operator==(const SlotRange& o) const {
    return first == o.first && last == o.last;
  }
};

struct AttentionQueries {
  explicit AttentionQueries(const AttentionArgs& args)
      : args(args),
        count(args.num_rows * args.num_heads),
        rounded_count((count + 15) / 16 * 16),
        padded((args.head_dim + 15) / 16 * 16) {}

  int FirstPosition(int position) const {
    const int first = position + 1 - args.window;
    return args.window > 0 && first > 0 ? first : 0;
  }
  SlotRange SlotsOf(int row, int block) const {
    const int position = args.start_position + row;
    const int base = block * kKvBlockSlots;
    const int first = FirstPosition(position) - base;
    const int last = position + 1 - base;
    return {first > 0 ? first : 0, last < kKvBlockSlots ? last : kKvBlockSlots};
  }
  // Block [first, end) of those that the rows see.
  int FirstBlock(int range) const {
    const int first = FirstPosition(args.start_position) / kKvBlockSlots;
    const int start = range * (kAttentionRange / kKvBlockSlots);
    return first > start ? first : start;
  }
  int EndBlock(int range) const {
    const int last = args.start_position + args.num_rows - 1;
    const int blocks = last / kKvBlockSlots + 1;
    const int end = (range + 1) * (kAttentionRange / kKvBlockSlots);
    return blocks < end ? blocks : end;
  }

  const AttentionArgs& args;
  const int count;
  const int rounded_count;  // whole vectors
  const int64_t padded;     // of head_dim
};

// Weighted values over some positions, scaled by exp(-max).
struct SoftmaxSums {
  SoftmaxSums(const AttentionQueries& queries, float* at)
      : max(at),
        total(max + queries.rounded_count),
        values(total + queries.rounded_count),
        end(values + queries.count * queries.padded) {}

  // No positions: max is kNoScore.
  template <class V>
  void Clear() const {
    for (float* p = max; p < total; p += V::kLanes) {
      V::Store(p, V::Set1(kNoScore));
    }
    for (float* p = total; p < end; p += V::kLanes) V::Store(p, V::Zero());
  }

  float* const max;     // [queries]
  float* const total;   // [queries], of the weights
  float* const values;  // [queries, padded]
  float* const end;
};

// Calls f(Int<count>(), first) for groups that make up queries [first, last).
constexpr int kQueryGroup = 6;
template <class F>
MJ_INLINE void ForGroups(int first, int last, const F& f) {
  for (; last - first >= kQueryGroup; first += kQueryGroup) {
    f(Int<kQueryGroup>(), first);
  }
  switch (last - first) {
    case 5:
      f(Int<3>(), first);
      return f(Int<2>(), first + 3);
    case 4:
      return f(Int<4>(), first);
    case 3:
      return f(Int<3>(), first);
    case 2:
      return f(Int<2>(), first);
    case 1:
      return f(Int<1>(), first);
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_ATTENTION_QUERIES_H_
