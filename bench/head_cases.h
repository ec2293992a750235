// The language model's head with the largest logit of each row: the product
// over the whole vocabulary, whose results are looked at and not stored.
#ifndef MILLIJOULE_BENCH_HEAD_CASES_H_
#define MILLIJOULE_BENCH_HEAD_CASES_H_

#include <vector>

#include "bench/kernel_cases.h"

namespace mj {

// "head_top1" of Q8_0 weights, as small models' files have, for 1, 8 and 32
// rows under all numerics.
std::vector<KernelCase> HeadCases(const KernelBench& bench);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_HEAD_CASES_H_
