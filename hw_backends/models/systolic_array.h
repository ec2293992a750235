// Cycles of an R x C systolic array, one MAC a cell and cycle. The matrix that
// stays is cut into F folds; a fold takes
//   weight-stationary  F = ceil(K/R) ceil(N/C)   2R + C + M - 2
//   output-stationary  F = ceil(M/R) ceil(N/C)    R + C + K - 2
//   input-stationary   F = ceil(K/R) ceil(M/C)   2R + C + N - 2
// (Samajdar et al., "A systematic methodology for characterizing scalability
// of DNN accelerators using SCALE-Sim", 2020, with the drain of an
// output-stationary fold overlapped as their tool does).
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_SYSTOLIC_ARRAY_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_SYSTOLIC_ARRAY_H_

#include <cstdint>

#include "hw_backends/models/gemm_shape.h"

namespace mj {

enum class Dataflow { kWeightStationary, kOutputStationary, kInputStationary };

struct ArrayShape {
  int64_t rows = 0, cols = 0;

  constexpr int64_t cells() const { return rows * cols; }
};

// REQUIRES of all: every size is at least 1.
int64_t SystolicFolds(Dataflow dataflow, ArrayShape array, GemmShape gemm);
// Of one fold by itself, the last cycle included.
int64_t SystolicFoldCycles(Dataflow dataflow, ArrayShape array, GemmShape gemm);

// Fold after fold, nothing overlapped: F * fold - 1, the number of the last
// cycle counted from 0, which is what SCALE-Sim reports.
int64_t SystolicCycles(Dataflow dataflow, ArrayShape array, GemmShape gemm);

// Weight-stationary with a second weight register: the next fold's weights
// arrive while this one computes,
//   (2R - 1) + (F - 1) max(M, R) + R + C - 2 + max(M, 4)
// (the tile law of Ham et al., "ONNXim", 2024), the last cycle included; with
// hw_backends/rtl/ws_array.sv where tiles have the 4 rows that the law wants.
int64_t PreloadedSystolicCycles(ArrayShape array, GemmShape gemm);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_SYSTOLIC_ARRAY_H_
