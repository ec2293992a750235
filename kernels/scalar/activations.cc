#include "kernels/activations.h"

#include <cmath>

#include "kernels/half.h"
#include "kernels/scalar/quantise_rows.h"

namespace mj::scalar {
namespace {

// Below it 32767 / largest is no float.
constexpr float kLeast16 = 1e-33f;

constexpr int kOrder[4] = {0, 2, 1, 3};

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
  QuantiseRowsTo<127>(x, x_stride, rows, groups, out);
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
