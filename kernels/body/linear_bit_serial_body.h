// The body of LinearBitSerial (kernels/linear_bit_serial.h) over a vector type
// D that counts ones:
//   D::SetInt(x)
//   D::CountOnes(word, planes)  sum_a x_a * popcount(word & planes[a])
//   D::AddPlane<p, negative>(sum, count)  sum plus or minus 2^p * count
#ifndef MILLIJOULE_KERNELS_BODY_LINEAR_BIT_SERIAL_BODY_H_
#define MILLIJOULE_KERNELS_BODY_LINEAR_BIT_SERIAL_BODY_H_

#include "kernels/bit_planes.h"
#include "kernels/body/inline.h"
#include "kernels/body/panel_walk.h"
#include "kernels/body/weights.h"
#include "kernels/linear_bit_serial.h"

namespace mj {
namespace {

template <class D, class Weights>
struct LinearBitSerialBody {
  using W = Weights;
  using Args = LinearBitSerialArgs;
  using F = typename D::F;
  using I = typename D::I;
  using X = const uint32_t*;
  using Sum = I;
  static constexpr int kPlanes = W::kBits;
  static constexpr int kWords = kPlanes * W::kSteps;  // plane by plane, a step
  static constexpr int kRowBlock = 4;

  template <class V, int kWord>
  MJ_INLINE static I Word(const std::byte* codes, int first_row) {
    const I plane = V::LoadInt(codes + 64 * (kWord % kPlanes) + 4 * first_row);
    if constexpr (W::kSteps == 1) {
      return plane;
    } else {
      return V::And(
          plane, static_cast<int>(kWord < kPlanes ? 0x0000FFFFu : 0xFFFF0000u));
    }
  }
  template <int kWord>
  MJ_INLINE static X Broadcast(const BitRows& x, int64_t at) {
    return x.planes + 8 * at;
  }

  MJ_INLINE static Sum Begin(const BitRows&, int64_t, int) {
    return D::SetInt(0);
  }
  template <int kPlane>
  MJ_INLINE static void Add(Sum& sum, I word, X planes) {
    constexpr bool kNegative =
        kPlane == kPlanes - 1 && HasSignPlane(W::kLayout);
    sum = D::template AddPlane<kPlane, kNegative>(sum,
                                                  D::CountOnes(word, planes));
  }
  MJ_INLINE static F End(Sum sum, F d, const BitRows& x, int64_t at, F total) {
    return D::Fma(D::ToFloat(sum), D::Mul(d, D::Set1(x.scales[at])), total);
  }
  MJ_INLINE static float SumOf(const BitRows& x, int64_t at) {
    return x.totals[at];
  }
};

template <class D>
void RunLinearBitSerial(const LinearBitSerialArgs& args) {
  ForWeights(args.type, [&]<class W>(W) {
    if constexpr (W::kScaled) {
      PanelWalk<D, LinearBitSerialBody<D, W>>::Run(args);
    } else {
      __builtin_trap();  // no codes: Linear's
    }
  });
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_LINEAR_BIT_SERIAL_BODY_H_
