// The body of LinearInt8 (kernels/linear_int8.h) over a vector type D with
// dot products of bytes:
//   D::Dot<kBits, kWords>(words, q, init): init + sum over 4 * kWords columns
//     of weight byte * q, per 32-bit lane; bytes are codes under 2^kBits, or
//     signed where kBits is 8.
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
  static constexpr int kSteps = 32 / W::kStep;
  static constexpr int kStepWords = W::kStep / 4;

  // One group of a panel, as many rows of it as a vector has lanes.
  struct Group {
    I words[8];
    F scales[kSteps];
    F min;
  };

  MJ_INLINE static void Load(const std::byte* codes, const std::byte* scales,
                             int first_row, Group& group) {
    Unroll<8>([&](auto j) MJ_LAMBDA {
      group.words[j.value] = D::template Operand<W::kBits>(
          W::template Bytes<D, j.value>(codes, first_row));
    });
    Unroll<kSteps>([&](auto s) MJ_LAMBDA {
      group.scales[s.value] = W::template Scale<D>(scales, s.value, first_row);
    });
    if constexpr (W::kHasMin) {
      group.min = W::template Scale<D>(scales, kSteps, first_row);
    }
  }

  MJ_INLINE static F AddRow(const Group& group, const Int8Rows& x, int64_t at,
                            F total) {
    constexpr int kZero = D::template ZeroOf<W::kBits>(W::kZero);
    const F x_scale = D::Set1(x.scales[at]);
    Unroll<kSteps>([&](auto s) MJ_LAMBDA {
      I start = D::SetInt(0);
      if constexpr (kZero != 0) {
        const int32_t sum = kSteps == 2 ? x.sums[2 * at + s.value]
                                        : x.sums[2 * at] + x.sums[2 * at + 1];
        start = D::SetInt(-kZero * sum);
      }
      const I dot = D::template Dot<W::kBits, kStepWords>(
          group.words + s.value * kStepWords,
          x.codes + 32 * at + s.value * W::kStep, start);
      total = D::Fma(D::ToFloat(dot), D::Mul(group.scales[s.value], x_scale),
                     total);
    });
    if constexpr (W::kHasMin) {
      total = D::Fma(group.min, D::Set1(x.totals[at]), total);
    }
    return total;
  }

  static void Run(const Args& args) { PanelWalk<D, LinearInt8Body>::Run(args); }
};

template <class D>
void RunLinearInt8(const LinearInt8Args& args) {
  switch (args.type) {
    case TensorType::kF32:
    case TensorType::kF16:
    case TensorType::kBF16:
      __builtin_trap();  // no codes: Linear's
    case TensorType::kQ4_0:
      return LinearInt8Body<D, QuantisedWeights<4, 8, 2, false>>::Run(args);
    case TensorType::kQ4_1:
      return LinearInt8Body<D, QuantisedWeights<4, 0, 2, true>>::Run(args);
    case TensorType::kQ5_0:
      return LinearInt8Body<D, QuantisedWeights<5, 16, 2, false>>::Run(args);
    case TensorType::kQ5_1:
      return LinearInt8Body<D, QuantisedWeights<5, 0, 2, true>>::Run(args);
    case TensorType::kQ8_0:
      return LinearInt8Body<D, QuantisedWeights<8, 0, 2, false>>::Run(args);
    case TensorType::kQ4_K:
      return LinearInt8Body<D, QuantisedWeights<4, 0, 4, true>>::Run(args);
    case TensorType::kQ5_K:
      return LinearInt8Body<D, QuantisedWeights<5, 0, 4, true>>::Run(args);
    case TensorType::kQ6_K:
      return LinearInt8Body<D, QuantisedWeights<6, 32, 4, false, 16>>::Run(
          args);
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_
