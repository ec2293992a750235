// LinearInt8 (kernels/linear_int8.h) as a digital compute-in-memory array does
// it: weights stay in cells, a bit a cell; activations enter a bit at a time;
// each cell ANDs, columns count ones, counts are shifted and added:
//   S = sum_p sum_a w_p x_a * popcount(weight plane p & activation plane a)
// where w_p = 2^p and x_a = 2^a, negative for planes of signs
// (kernels/bit_planes.h). S is the S of LinearInt8, and what follows it too:
// the same bits, ISA by ISA.
// Source: Kim et al., "Colonnade: a reconfigurable SRAM-based digital
// bit-serial compute-in-memory macro", JSSC 2021.
#ifndef MILLIJOULE_KERNELS_LINEAR_BIT_SERIAL_H_
#define MILLIJOULE_KERNELS_LINEAR_BIT_SERIAL_H_

#include <cstddef>
#include <cstdint>

#include "kernels/tensor_type.h"

namespace mj {

// Int8Rows (kernels/activations.h) whose codes are planes.
struct BitRows {
  uint32_t* planes = nullptr;  // [groups, stride, 8]
  float* scales = nullptr;     // [groups, stride]
  float* totals = nullptr;     // [groups, stride]: scale * sum of all 32 codes
  int64_t stride = 0;

  BitRows From(int64_t row) const {
    return {planes + 8 * row, scales + row, totals + row, stride};
  }
};

struct LinearBitSerialArgs {
  TensorType type = TensorType::kQ8_0;  // REQUIRES: a quantised one
  const std::byte* panels = nullptr;    // of planes; 64-byte aligned
  int64_t groups = 0;
  int64_t num_outputs = 0;  // rows of W; ceil(num_outputs / 16) panels
  BitRows x;                // read only
  int64_t rows = 0;
  const float* bias = nullptr;  // [num_outputs], or none
  bool accumulate = false;
  float* y = nullptr;  // [rows, num_outputs]
  int64_t y_stride = 0;
};

using LinearBitSerialFn = void(const LinearBitSerialArgs& args);

namespace scalar {
LinearBitSerialFn LinearBitSerial;
}
namespace avx2 {  // needs AVX2, FMA, F16C
LinearBitSerialFn LinearBitSerial;
}
namespace avx512 {  // needs AVX-512 F, BW, DQ, VL and VPOPCNTDQ
LinearBitSerialFn LinearBitSerial;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_LINEAR_BIT_SERIAL_H_
