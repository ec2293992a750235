// exp(x) to 2 units in the last place, for kernel bodies; the same bits in
// every lane. Below -87 the result is +0; above 88 it stays exp(88).
#ifndef MILLIJOULE_KERNELS_BODY_EXP_H_
#define MILLIJOULE_KERNELS_BODY_EXP_H_

#include "kernels/body/inline.h"

namespace mj {
namespace {

// x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) by the polynomial of Cephes'
// expf (Moshier 1992); 2^n by adding n to the exponent bits.
template <class V>
MJ_INLINE typename V::F Exp(typename V::F x) {
  constexpr float kLowest = -87.0f, kHighest = 88.0f;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: bits hold n above it
  const auto in = V::Min(V::Set1(kHighest), V::Max(V::Set1(kLowest), x));
  const auto shifted = V::Fma(in, V::Set1(1.44269504f), V::Set1(kRound));
  const auto n = V::Sub(shifted, V::Set1(kRound));
  auto r = V::Fma(n, V::Set1(-0.693359375f), in);
  r = V::Fma(n, V::Set1(2.12194440e-4f), r);
  auto p = V::Set1(1.9875691500e-4f);
  p = V::Fma(p, r, V::Set1(1.3981999507e-3f));
  p = V::Fma(p, r, V::Set1(8.3334519073e-3f));
  p = V::Fma(p, r, V::Set1(4.1665795894e-2f));
  p = V::Fma(p, r, V::Set1(1.6666665459e-1f));
  p = V::Fma(p, r, V::Set1(5.0000001201e-1f));
  const auto value = V::Fma(p, V::Mul(r, r), V::Add(r, V::Set1(1.0f)));
  const auto scaled = V::AsFloat(
      V::AddInt(V::AsInt(value), V::template ShiftLeft<23>(V::AsInt(shifted))));
  return V::ZeroBelow(x, kLowest, scaled);
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_EXP_H_
