// Softmax in fixed point, from a table of 256 powers of two:
//   p[j] = 2^(t[j] - m) / sum over i of 2^(t[i] - m),  m = max t
// t in Q8.8 is a score times scale and log2 e. Maximum and sum are online, keys
// ascending (Milakov & Gimelshein, "Online normalizer calculation for softmax",
// 2018): a new maximum scales the sum so far. Every rounding is RoundShift.
// hw_backends/rtl/gemv_softmax.sv does the same, bit for bit.
#ifndef MILLIJOULE_HW_BACKENDS_FPGA_LUT_SOFTMAX_H_
#define MILLIJOULE_HW_BACKENDS_FPGA_LUT_SOFTMAX_H_

#include <cstdint>
#include <span>

#include "hw_backends/fpga/fixed_point.h"

namespace mj {

// t of an integer score; factor: scale * log2 e * 2^8. Saturates.
constexpr int16_t Log2Score(int32_t score, FixedFactor factor) {
  return static_cast<int16_t>(Requantise(score, factor, 16));
}

// value * 2^(-distance / 256). REQUIRES: distance < 2^16
uint32_t Decay(uint32_t value, uint32_t distance);

// p: [scores], Q0.16, at most 65535; may not alias. Within 2^-15 + scores *
// 2^-16 of the softmax of t: terms below 2^-17 of the largest are lost.
// REQUIRES: 1 <= scores.size() == p.size() < 65536
void LutSoftmax(std::span<const int16_t> scores, std::span<uint16_t> p);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_FPGA_LUT_SOFTMAX_H_
