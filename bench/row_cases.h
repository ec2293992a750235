// What a step does to its rows one by one, between the products: norm,
// conversion of activations, gate, rotation, and the write of keys and values.
#ifndef MILLIJOULE_BENCH_ROW_CASES_H_
#define MILLIJOULE_BENCH_ROW_CASES_H_

#include <vector>

#include "bench/kernel_cases.h"

namespace mj {

// 1 and 512 rows of each model's widths. Bytes are those read and written.
// "rms_norm"; "convert" by numerics; "gated_activation" by activation; "rope"
// of queries and keys; "kv_write" of keys and values by KV type.
std::vector<KernelCase> RowCases(const KernelBench& bench);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_ROW_CASES_H_
