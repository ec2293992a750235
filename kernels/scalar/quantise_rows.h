// QuantiseRows of kernels/activations.h for codes of any width.
#ifndef MILLIJOULE_KERNELS_SCALAR_QUANTISE_ROWS_H_
#define MILLIJOULE_KERNELS_SCALAR_QUANTISE_ROWS_H_

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/activations.h"

namespace mj::scalar {

// Of 32 values; as integers, so that NaN is the largest.
inline float LargestMagnitude(const float* x) {
  uint32_t largest = 0;
  for (int k = 0; k < 32; ++k) {
    const uint32_t bits = std::bit_cast<uint32_t>(x[k]) & 0x7FFFFFFF;
    if (bits > largest) largest = bits;
  }
  return std::bit_cast<float>(largest);
}

template <int kLargestCode>
void QuantiseGroup(const float* x, int64_t at, const Int8Rows& out) {
  constexpr float kLeast = 1e-36f;  // below it codes / largest is no float
  constexpr float kCodes = kLargestCode;
  const float largest = LargestMagnitude(x);
  const bool is_zero = largest < kLeast;
  const float inverse = is_zero ? 0 : kCodes / largest;
  const float scale = is_zero ? 0 : largest / kCodes;
  out.scales[at] = scale;
  int32_t sums[2] = {};
  for (int k = 0; k < 32; ++k) {
    const float code = std::nearbyint(x[k] * inverse);
    // What is not finite has a scale that is not either.
    out.codes[32 * at + k] =
        std::abs(code) <= kCodes ? static_cast<int8_t>(code) : int8_t{-128};
    sums[k / 16] += out.codes[32 * at + k];
  }
  out.sums[2 * at] = sums[0];
  out.sums[2 * at + 1] = sums[1];
  out.totals[at] = scale * static_cast<float>(sums[0] + sums[1]);
}

template <int kLargestCode>
void QuantiseRowsTo(const float* x, int64_t x_stride, int64_t rows,
                    int64_t groups, const Int8Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      QuantiseGroup<kLargestCode>(x + r * x_stride + 32 * g, g * out.stride + r,
                                  out);
    }
  }
}

}  // namespace mj::scalar

#endif  // MILLIJOULE_KERNELS_SCALAR_QUANTISE_ROWS_H_
