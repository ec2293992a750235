// oneDNN's products of float32 and of bfloat16 on the shapes of ours: the
// baseline, with weights that were dequantised once.
#ifndef MILLIJOULE_BENCH_ONEDNN_CASES_H_
#define MILLIJOULE_BENCH_ONEDNN_CASES_H_

#include <cstdint>
#include <vector>

#include "bench/kernel_cases.h"

namespace mj {

// As LinearCases; a case's preparation fails with UNIMPLEMENTED where oneDNN
// cannot do it on this CPU. oneDNN uses the widest instructions of the CPU,
// whatever the ISA of the bench.
std::vector<KernelCase> OneDnnCases(const KernelBench& bench, int64_t cols);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_ONEDNN_CASES_H_
