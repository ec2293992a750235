// One query and head against L keys of width D, P products a cycle, with
// B = ceil(D/P): the scores and their softmax, cycles and bytes of scores.
//   fused     L B + L + 4     online maximum and sum while scores come, then
//                             one pass that scales (Milakov & Gimelshein 2018)
//   unfused   L B + 3 L + 12  maximum, sum and scaling are passes of their own,
//                             4 cycles of pipeline each
// The fused law is that of an RTL unit; the unfused one counts its three
// passes. Per head, fused keeps L scores, unfused L for each of L queries:
// "HASTILY: Hardware-Software Co-Design for Accelerating Transformer Inference
// Leveraging Compute-in-Memory" (Kim et al. 2025).
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_ATTENTION_PASS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_ATTENTION_PASS_H_

#include <cstdint>

#include "hw_backends/models/gemm_shape.h"

namespace mj {

// REQUIRES of all: every size is at least 1.
constexpr int64_t FusedSoftmaxCycles(int64_t keys, int64_t width,
                                     int64_t products) {
  return keys * CeilDiv(width, products) + keys + 4;
}

constexpr int64_t UnfusedSoftmaxCycles(int64_t keys, int64_t width,
                                       int64_t products) {
  return keys * CeilDiv(width, products) + 3 * keys + 12;
}

constexpr int64_t FusedScoreBytes(int64_t keys, int64_t bytes_per_score) {
  return keys * bytes_per_score;
}

constexpr int64_t UnfusedScoreBytes(int64_t keys, int64_t bytes_per_score) {
  return keys * keys * bytes_per_score;
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_ATTENTION_PASS_H_
