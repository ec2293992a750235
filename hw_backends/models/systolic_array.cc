#include "hw_backends/models/systolic_array.h"

#include <algorithm>

namespace mj {

int64_t SystolicFolds(Dataflow dataflow, ArrayShape array, GemmShape gemm) {
  switch (dataflow) {
    case Dataflow::kWeightStationary:
      return CeilDiv(gemm.k, array.rows) * CeilDiv(gemm.n, array.cols);
    case Dataflow::kOutputStationary:
      return CeilDiv(gemm.m, array.rows) * CeilDiv(gemm.n, array.cols);
    case Dataflow::kInputStationary:
      return CeilDiv(gemm.k, array.rows) * CeilDiv(gemm.m, array.cols);
  }
  return 0;
}

int64_t SystolicFoldCycles(Dataflow dataflow, ArrayShape array,
                           GemmShape gemm) {
  switch (dataflow) {
    case Dataflow::kWeightStationary:
      return 2 * array.rows + array.cols + gemm.m - 2;
    case Dataflow::kOutputStationary:
      return array.rows + array.cols + gemm.k - 2;
    case Dataflow::kInputStationary:
      return 2 * array.rows + array.cols + gemm.n - 2;
  }
  return 0;
}

int64_t SystolicCycles(Dataflow dataflow, ArrayShape array, GemmShape gemm) {
  return SystolicFolds(dataflow, array, gemm) *
             SystolicFoldCycles(dataflow, array, gemm) -
         1;
}

int64_t PreloadedSystolicCycles(ArrayShape array, GemmShape gemm) {
  const int64_t folds = SystolicFolds(Dataflow::kWeightStationary, array, gemm);
  return (2 * array.rows - 1) + (folds - 1) * std::max(gemm.m, array.rows) +
         array.rows + array.cols - 2 + std::max<int64_t>(gemm.m, 4);
}

}  // namespace mj
