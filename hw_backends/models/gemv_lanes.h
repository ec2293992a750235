// Cycles of Pn lanes, each a tree of Pk products a cycle: what a matrix with a
// vector wants, since nothing fills or drains but the pipeline,
//   M ceil(N/Pn) ceil(K/Pk) + depth
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_GEMV_LANES_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_GEMV_LANES_H_

#include <cstdint>

#include "hw_backends/models/gemm_shape.h"

namespace mj {

struct GemvLanes {
  int64_t inputs = 0;   // Pk: products a lane and cycle
  int64_t outputs = 0;  // Pn: lanes
  int64_t depth = 0;    // cycles from the last input to its output

  constexpr int64_t macs_per_cycle() const { return inputs * outputs; }
};

// REQUIRES: every size is at least 1; depth at least 0.
constexpr int64_t GemvCycles(GemvLanes lanes, GemmShape gemm) {
  return gemm.m * CeilDiv(gemm.n, lanes.outputs) *
             CeilDiv(gemm.k, lanes.inputs) +
         lanes.depth;
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_GEMV_LANES_H_
