// What is not a product, by tables, as simulated devices compute it (the
// contracts of the kernels that these replace, at lower accuracy):
//   softmax     base 2: scores in Q8.8 after log2(e), saturated; 2^-f of the
//               256 fractions f / 256 from a table of Q0.16, halves to even,
//               shifted by the whole part. Products of attention are float32.
//   activation  1024 intervals of 1/64 over [-8, 8), linear inside one;
//               beyond, 0 and x.
// Plain code: the same bits on every ISA.
#ifndef MILLIJOULE_HW_BACKENDS_LUT_KERNELS_H_
#define MILLIJOULE_HW_BACKENDS_LUT_KERNELS_H_

#include "kernels/attention.h"
#include "kernels/gated_activation.h"
#include "kernels/kernel_table.h"

namespace mj::lut {

// Puts them in place of the kernels that they replace.
void UseTables(KernelTable& kernels);

AttentionFn Attention, MergeAttention;
GatedActivationFn GatedActivation;

}  // namespace mj::lut

#endif  // MILLIJOULE_HW_BACKENDS_LUT_KERNELS_H_
