// Cycles of weights that stand in columns while inputs pass them bit by bit,
// `bits_per_cycle` (s) bits a cycle: one fold with M input vectors takes
//   M ceil(b_x / s) + depth
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_BIT_SERIAL_COLUMN_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_BIT_SERIAL_COLUMN_H_

#include <bit>
#include <cstdint>

#include "hw_backends/models/gemm_shape.h"

namespace mj {

// REQUIRES: vectors, input_bits and bits_per_cycle at least 1; depth at least
// 0.
constexpr int64_t BitSerialFoldCycles(int64_t vectors, int input_bits,
                                      int bits_per_cycle, int64_t depth) {
  return vectors * CeilDiv(input_bits, bits_per_cycle) + depth;
}

// ceil(log2 n). REQUIRES: n >= 1.
constexpr int CeilLog2(int64_t n) {
  return std::bit_width(static_cast<uint64_t>(n - 1));
}

// Bits that hold any sum of `rows` products: b_x + b_w + ceil(log2 rows).
constexpr int AccumulatorBits(int input_bits, int weight_bits, int64_t rows) {
  return input_bits + weight_bits + CeilLog2(rows);
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_BIT_SERIAL_COLUMN_H_
