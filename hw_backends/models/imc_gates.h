// Compute-in-memory macros from gate counts: the closed forms of ZigZag-IMC
// (Sun et al., "Analog or digital in-memory computing? Benchmarking through
// quantitative modeling", 2023), here for `inputs` rows (n, a power of two) and
// `outputs` columns of b_w-bit weights, s input bits a cycle. With the gate
// capacitances C and delays t of nd2 and xor2, at V:
//   full adder      (3 C_nd2 + 2 C_xor2) V^2; in to sum 2 t_xor2, in to carry
//                   t_xor2 + 2 t_nd2, carry to carry 2 t_nd2
//   1-bit product   C_nd2 V^2 / 2 (the weight stands), t_nd2
//   tree            s of n (b_w + 1) - (b_w + log2 n + 1) adders an output
//   place values    p (q - 1) + q (log2 q - 1/2) adders an output, where q
//                   partial sums of p bits meet: q = s digital, b_w analog
//   accumulator     b_x + b_w + log2 n bits, an adder and a flip-flop each
//   converter       (100 b + 0.001 4^b) fF V^2, b (0.00653 n + 0.640) ns; b_w
//                   an output, in place of the tree (analog)
//   DAC             50 fF s V^2 a row, none for 1 bit (analog)
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_IMC_GATES_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_IMC_GATES_H_

#include <cstdint>

#include "hw_backends/models/device_cost.h"
#include "hw_backends/quantities.h"

namespace mj {

struct GateCosts {
  double volts = 0;
  double nd2_farad = 0, xor2_farad = 0, dff_farad = 0;
  double bitline_farad = 0;  // of one cell
  Seconds nd2{0}, xor2{0};
};

struct ImcMacro {
  int64_t inputs = 0, outputs = 0;
  int bits_per_cycle = 1;
  int adc_bits = 0;  // 0: digital
};

struct MacroCycle {
  Seconds time{0};
  MacroJoules energy;  // of all cells, every one toggling
};

// REQUIRES: inputs, bits_per_cycle and, where adc_bits > 0, weight_bits are
// powers of two; bits_per_cycle <= input_bits.
MacroCycle ImcCycle(const GateCosts& gates, const ImcMacro& macro,
                    int input_bits, int weight_bits);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_IMC_GATES_H_
