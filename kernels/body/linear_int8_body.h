// The body of LinearInt8 (kernels/linear_int8.h) over a vector type D with
// dot products of bytes. Weight bytes are codes under 2^kBits, or signed where
// kBits is 8; sums are of kWords words of four columns.
//   D::Operand<kBits>(bytes)        the weights as Dots::Add wants them
//   D::ZeroOf<kBits>(code)          what stands for `code` then
//   D::Dots<kBits, kWords>          Begin(start), Add<j>(word, q), End()
#ifndef MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_
#define MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_

#include "kernels/body/inline.h"
#include "kernels/body/panel_walk.h"
#include "kernels/body/weights.h"
#include "kernels/linear_int8.h"

namespace mj {
namespace {

template <class D, class Weights>
struct LinearInt8Body {
  using W = Weights;
  using Args = LinearInt8Args;
  using F = typename D::F;
  using I = typename D::I;
  using Sum = typename D::template Dots<W::kBits, W::kStep / 4>;
  static constexpr int kWords = 8;
  static constexpr int kRowBlock = 4;

  template <class V, int kWord>
  MJ_INLINE static I Word(const std::byte* codes, int first_row) {
    return D::template Operand<W::kBits>(
        W::template Bytes<D, kWord>(codes, first_row));
  }

  template <int kWord>
  MJ_INLINE static I Broadcast(const Int8Rows& x, int64_t at) {
    int32_t word;
    __builtin_memcpy(&word, x.codes + 32 * at + 4 * kWord, sizeof word);
    return D::SetInt(word);
  }

  MJ_INLINE static Sum Begin(const Int8Rows& x, int64_t at, int step) {
    constexpr int kZero = D::template ZeroOf<W::kBits>(W::kZero);
    Sum sum;
    if constexpr (kZero == 0) {
      sum.Begin(D::SetInt(0));
    } else if constexpr (W::kSteps == 1) {
      sum.Begin(D::SetInt(-kZero * (x.sums[2 * at] + x.sums[2 * at + 1])));
    } else {
      sum.Begin(D::SetInt(-kZero * x.sums[2 * at + step]));
    }
    return sum;
  }
  template <int kWord>
  MJ_INLINE static void Add(Sum& sum, I word, I q) {
    sum.template Add<kWord>(word, q);
  }
  MJ_INLINE static F End(const Sum& sum, F d, const Int8Rows& x, int64_t at,
                         F total) {
    return D::Fma(D::ToFloat(sum.End()), D::Mul(d, D::Set1(x.scales[at])),
                  total);
  }
  MJ_INLINE static float SumOf(const Int8Rows& x, int64_t at) {
    return x.totals[at];
  }
};

template <class D>
void RunLinearInt8(const LinearInt8Args& args) {
  ForWeights(args.type, [&]<class W>(W) {
    if constexpr (W::kScaled) {
      PanelWalk<D, LinearInt8Body<D, W>>::Run(args);
    } else {
      __builtin_trap();  // no codes: Linear's
    }
  });
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_
