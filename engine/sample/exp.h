// exp(x) for x <= 0, with the same bits in every lane: plain float arithmetic
// that compilers vectorise, no libm, nothing contracted. Comparisons are made
// on the bits: of floats they may trap, and then nothing is vectorised.
#ifndef MILLIJOULE_ENGINE_SAMPLE_EXP_H_
#define MILLIJOULE_ENGINE_SAMPLE_EXP_H_

#include <bit>
#include <cstdint>

namespace mj {

// Relative error under 2e-7; exactly 1 at 0 and exactly 0 below -87.
// REQUIRES: x <= 0 (minus infinity too)
inline float ExpNonPositive(float x) {
  // With the sign set, bits grow with the magnitude.
  const int32_t limit = std::bit_cast<int32_t>(-87.0f);
  const int32_t bits = std::bit_cast<int32_t>(x) | INT32_MIN;
  const float clamped = std::bit_cast<float>(bits < limit ? bits : limit);
  // x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts (Cody and Waite 1980).
  const int32_t n = static_cast<int32_t>(clamped * 1.44269504f - 0.5f);
  const float k = static_cast<float>(n);
  const float r = (clamped - k * 0.693359375f) + k * 2.12194440e-4f;
  // Cephes' expf polynomial (Moshier 1992).
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float value = (p * (r * r) + r) + 1.0f;
  const float scaled = value * std::bit_cast<float>((n + 127) << 23);
  const int32_t keep = bits <= limit ? -1 : 0;
  return std::bit_cast<float>(std::bit_cast<int32_t>(scaled) & keep);
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_EXP_H_
