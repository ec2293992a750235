// Float32 activations, rounded for a product with weights.
//
// A group is 32 columns. Converted rows lie [groups][stride][32], the rows of
// a group together, as products and matrix tiles read them; `stride` is the
// number of rows that the whole holds. x: [rows, 32 * groups].
#ifndef MILLIJOULE_KERNELS_ACTIVATIONS_H_
#define MILLIJOULE_KERNELS_ACTIVATIONS_H_

#include <cstdint>

namespace mj {

// x[r, 32g + k] ~ scales[g, r] * codes[g, r, k], scale = max|x| / 127 of the
// group, codes rounded to nearest even. A group of zeros has scale 0; one
// that is not finite gives a scale that is not, and so do its products.
struct Int8Rows {
  int8_t* codes = nullptr;  // [groups, stride, 32]
  float* scales = nullptr;  // [groups, stride]
  int32_t* sums = nullptr;  // [groups, stride, 2]: codes' sums, by 16 columns
  float* totals = nullptr;  // [groups, stride]: scale * sum of all 32 codes
  int64_t stride = 0;

  Int8Rows From(int64_t row) const {
    return {codes + 32 * row, scales + row, sums + 2 * row, totals + row,
            stride};
  }
};

// bfloat16, rounded to nearest even; four columns 0 1 2 3 are stored in the
// order 0 2 1 3, so that a pair fits the weights' (kernels/panel.h).
struct Bf16Rows {
  uint16_t* values = nullptr;  // [groups, stride, 32]
  float* sums = nullptr;  // [groups, stride]: of the rounded, by a fixed tree
  int64_t stride = 0;

  Bf16Rows From(int64_t row) const {
    return {values + 32 * row, sums + row, stride};
  }
};

// As Int8Rows with 16 bits: scale = max|x| / 32767. The order of columns is
// that of Bf16Rows.
struct Int16Rows {
  int16_t* codes = nullptr;  // [groups, stride, 32]
  float* scales = nullptr;   // [groups, stride]
  float* totals = nullptr;   // [groups, stride]: scale * sum of all 32 codes
  int64_t stride = 0;

  Int16Rows From(int64_t row) const {
    return {codes + 32 * row, scales + row, totals + row, stride};
  }
};

// Write rows [0, rows) of `out`. All versions give the same codes, scales,
// sums and values; Int8Rows::totals and Bf16Rows::sums differ by their order of
// sums.
using QuantiseRowsFn = void(const float* x, int64_t x_stride, int64_t rows,
                            int64_t groups, const Int8Rows& out);
using Bf16RowsFn = void(const float* x, int64_t x_stride, int64_t rows,
                        int64_t groups, const Bf16Rows& out);
using Int16RowsFn = void(const float* x, int64_t x_stride, int64_t rows,
                         int64_t groups, const Int16Rows& out);
// The rounding of Bf16Rows, as float32: out [rows, 32 * groups].
using RoundRowsFn = void(const float* x, int64_t x_stride, int64_t rows,
                         int64_t groups, float* out, int64_t out_stride);

namespace scalar {
QuantiseRowsFn QuantiseRows;
Bf16RowsFn ToBf16Rows;
Int16RowsFn ToInt16Rows;
RoundRowsFn RoundRows;
}  // namespace scalar
namespace avx2 {
QuantiseRowsFn QuantiseRows;
Bf16RowsFn ToBf16Rows;
Int16RowsFn ToInt16Rows;
RoundRowsFn RoundRows;
}  // namespace avx2

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_ACTIVATIONS_H_
