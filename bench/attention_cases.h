// Attention over the paged KV cache: chunks of a prompt, and steps of many
// sequences with a token each, with the heads of real models.
#ifndef MILLIJOULE_BENCH_ATTENTION_CASES_H_
#define MILLIJOULE_BENCH_ATTENTION_CASES_H_

#include <vector>

#include "bench/kernel_cases.h"

namespace mj {

// "attention_prefill": 512 rows that end at position 512 and 2048, whose keys
// and values a cache holds. "attention_decode": 1, 8 and 32 sequences of 512
// positions, in layer after layer, so that they come from memory as they do in
// a model. bf16 numerics are listed where they differ from f32.
std::vector<KernelCase> AttentionCases(const KernelBench& bench);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_ATTENTION_CASES_H_
