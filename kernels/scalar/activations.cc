#include "kernels/activations.h"

#include <bit>
#include <cmath>

#include "kernels/half.h"

namespace mj::scalar {
namespace {

// Below them 127 / largest, or 32767 / largest, is no float.
constexpr float kLeast8 = 1e-36f, kLeast16 = 1e-33f;

constexpr int kOrder[4] = {0, 2, 1, 3};

// As integers, so that NaN is the largest.
float LargestMagnitude(const float* x) {
  uint32_t largest = 0;
  for (int k = 0; k < 32; ++k) {
    const uint32_t bits = std::bit_cast<uint32_t>(x[k]) & 0x7FFFFFFF;
    if (bits > largest) largest = bits;
  }
  return std::bit_cast<float>(largest);
}

void QuantiseGroup(const float* x, int64_t at, const Int8Rows& out) {
  const float largest = LargestMagnitude(x);
  const bool is_zero = largest < kLeast8;
  const float inverse = is_zero ? 0 : 127.0f / largest;
  const float scale = is_zero ? 0 : largest / 127.0f;
  out.scales[at] = scale;
  int32_t sums[2] = {};
  for (int k = 0; k < 32; ++k) {
    const float code = std::nearbyint(x[k] * inverse);
    // What is not finite has a scale that is not either.
    out.codes[32 * at + k] =
        std::abs(code) <= 127 ? static_cast<int8_t>(code) : int8_t{-128};
    sums[k / 16] += out.codes[32 * at + k];
  }
  out.sums[2 * at] = sums[0];
  out.sums[2 * at + 1] = sums[1];
  out.totals[at] = scale * static_cast<float>(sums[0] + sums[1]);
}

void WidelyQuantiseGroup(const float* x, int64_t at, const Int16Rows& out) {
  const float largest = LargestMagnitude(x);
  const bool is_zero = largest < kLeast16;
  const float inverse = is_zero ? 0 : 32767.0f / largest;
  const float scale = is_zero ? 0 : largest / 32767.0f;
  int32_t sum = 0;
  for (int k = 0; k < 32; ++k) {
    const float code = std::nearbyint(x[k] * inverse);
    // As QuantiseGroup.
    int16_t& stored = out.codes[32 * at + k / 4 * 4 + kOrder[k % 4]];
    stored = std::abs(code) <= 32767 ? static_cast<int16_t>(code) : int16_t{0};
    sum += stored;
  }
  out.scales[at] = scale;
  out.totals[at] = scale * static_cast<float>(sum);
}

}  // namespace

void QuantiseRows(const float* x, int64_t x_stride, int64_t rows,
                  int64_t groups, const Int8Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      QuantiseGroup(x + r * x_stride + 32 * g, g * out.stride + r, out);
    }
  }
}

void ToBf16Rows(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
                const Bf16Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      const float* from = x + r * x_stride + 32 * g;
      const int64_t at = g * out.stride + r;
      float sum = 0;
      for (int k = 0; k < 32; ++k) {
        const uint16_t value = FloatToBFloat16(from[k]);
        out.values[32 * at + k / 4 * 4 + kOrder[k % 4]] = value;
        sum += BFloat16ToFloat(value);
      }
      out.sums[at] = sum;
    }
  }
}

void ToInt16Rows(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
                 const Int16Rows& out) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      WidelyQuantiseGroup(x + r * x_stride + 32 * g, g * out.stride + r, out);
    }
  }
}

void RoundRows(const float* x, int64_t x_stride, int64_t rows, int64_t groups,
               float* out, int64_t out_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < 32 * groups; ++c) {
      out[r * out_stride + c] =
          BFloat16ToFloat(FloatToBFloat16(x[r * x_stride + c]));
    }
  }
}

}  // namespace mj::scalar
