#include "kernels/linear_int16.h"

#include "kernels/avx512/pair_weights.h"
#include "kernels/body/panel_walk.h"

namespace mj::avx512 {
namespace {

using F = Vector::F;
using I = Vector::I;

template <class Weights>
struct Int16Body {
  using W = Weights;
  using Pairs = PairWeights<W, Int16Code>;
  using Args = LinearInt16Args;
  static constexpr int kWords = 16;  // pairs of columns
  static constexpr int kRowBlock = 8;

  using Sum = I;

  // All 16 rows fill one vector: first_row is 0.
  template <class V, int kPair>
  MJ_INLINE static I Word(const std::byte* codes, int /*first_row*/) {
    return Pairs::template Pair<kPair>(codes);
  }
  template <int kPair>
  MJ_INLINE static I Broadcast(const Int16Rows& x, int64_t at) {
    int32_t pair;
    __builtin_memcpy(&pair, x.codes + 32 * at + 2 * kPair, sizeof pair);
    return _mm512_set1_epi32(pair);
  }

  MJ_INLINE static Sum Begin(const Int16Rows&, int64_t, int) {
    return _mm512_setzero_si512();
  }
  template <int kPair>
  MJ_INLINE static void Add(Sum& sum, I weights, I x) {
    sum = _mm512_dpwssd_epi32(sum, weights, x);
  }
  MJ_INLINE static F End(const Sum& sum, F d, const Int16Rows& x, int64_t at,
                         F total) {
    return Vector::Fma(Vector::ToFloat(sum),
                       Vector::Mul(d, Vector::Set1(x.scales[at])), total);
  }
  MJ_INLINE static float SumOf(const Int16Rows& x, int64_t at) {
    return x.totals[at];
  }
};

}  // namespace

void LinearInt16(const LinearInt16Args& args) {
  ForWeights(args.type, [&]<class W>(W) {
    if constexpr (W::kScaled) {
      PanelWalk<Vector, Int16Body<W>>::Run(args);
    } else {
      __builtin_trap();  // Linear's
    }
  });
}

}  // namespace mj::avx512
