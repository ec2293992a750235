#include "kernels/linear_bf16.h"

#include "kernels/avx512/pair_weights.h"
#include "kernels/body/panel_walk.h"

namespace mj::avx512 {
namespace {

using F = Vector::F;
using I = Vector::I;

template <class Weights>
struct Bf16Body {
  using W = Weights;
  using Pairs = PairWeights<W, Bf16Code>;
  using Args = LinearBf16Args;
  static constexpr int kWords = 16;  // pairs of columns
  static constexpr int kRowBlock = 4;

  using Sum = F;

  // All 16 rows fill one vector: first_row is 0.
  template <class V, int kPair>
  MJ_INLINE static I Word(const std::byte* codes, int /*first_row*/) {
    return Pairs::template Pair<kPair>(codes);
  }
  template <int kPair>
  MJ_INLINE static I Broadcast(const Bf16Rows& x, int64_t at) {
    int32_t pair;
    __builtin_memcpy(&pair, x.values + 32 * at + 2 * kPair, sizeof pair);
    return _mm512_set1_epi32(pair);
  }

  MJ_INLINE static Sum Begin(const Bf16Rows&, int64_t, int) {
    return Vector::Zero();
  }
  template <int kPair>
  MJ_INLINE static void Add(Sum& sum, I weights, I x) {
    sum = _mm512_dpbf16_ps(sum, (__m512bh)weights, (__m512bh)x);
  }
  MJ_INLINE static F End(const Sum& sum, F d, const Bf16Rows&, int64_t,
                         F total) {
    constexpr float kUnit = Pairs::kUnit;
    if constexpr (kUnit != 1) d = Vector::Mul(d, Vector::Set1(kUnit));
    if constexpr (W::kScaled) return Vector::Fma(d, sum, total);
    return Vector::Add(total, sum);
  }
  MJ_INLINE static float SumOf(const Bf16Rows& x, int64_t at) {
    return x.sums[at];
  }
};

}  // namespace

void LinearBf16(const LinearBf16Args& args) {
  ForWeights(args.type, [&]<class W>(W) {
    if constexpr (kHasBf16Pairs<W>) {
      PanelWalk<Vector, Bf16Body<W>>::Run(args);
    } else {
      __builtin_trap();  // Linear's
    }
  });
}

}  // namespace mj::avx512
