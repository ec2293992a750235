// The AVX-512 and AMX kernels with their instructions emulated in plain code
// (SIMDe), so that their arithmetic is tested on any CPU.
#ifndef MILLIJOULE_TESTS_KERNELS_EMULATED_AVX512_H_
#define MILLIJOULE_TESTS_KERNELS_EMULATED_AVX512_H_

#include "kernels/kernel_table.h"

namespace mj {

KernelTable EmulatedAvx512();
KernelTable EmulatedAmx();

}  // namespace mj

#endif  // MILLIJOULE_TESTS_KERNELS_EMULATED_AVX512_H_
