// Weights made cheaper before a backend sees them: pruned by magnitude, in one
// shot and without retraining, and re-quantised to fewer bits. What remains are
// Q8_0 blocks (32 columns, a half scale d and codes) of no more than the bits
// asked for:
//   8 bits     d = max|w| / 127, codes from -127 to 127, as Q8_0 itself
//   4, 2 bits  d = (the w of largest magnitude) / -2^(bits-1), codes from
//              -2^(bits-1) to 2^(bits-1) - 1, as Q4_0
// Codes are round-to-nearest of w / d, with d as it is stored.
#ifndef MILLIJOULE_ENGINE_MODEL_WEIGHT_REDUCTION_H_
#define MILLIJOULE_ENGINE_MODEL_WEIGHT_REDUCTION_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/models/device_op.h"
#include "kernels/tensor_view.h"

namespace mj {

inline constexpr int kPrunedBlock = 16;  // rows and columns of a block

struct WeightReduction {
  // N:M keeps, of each `of` columns of a row from column 0, the `kept` largest
  // |w|; blocks, of each `of` neighbours along a row of blocks, the `kept`
  // with the largest sum of w^2. The one further left stays where they tie.
  Sparsity sparsity{};
  // 2, 4 or 8; types that have no more are left as they are, unless they are
  // pruned. 0: as the file has them, and 8 where pruned.
  int bits = 0;
};

// Whether a matrix of this type comes out as another.
bool Changes(const WeightReduction& reduction, TensorType type);

// INVALID_ARGUMENT unless whole groups of weights fill a row of `cols`.
absl::Status CheckReduction(const WeightReduction& reduction, int64_t cols);

// `matrix` as Q8_0. INVALID_ARGUMENT: CheckReduction(), or a row holds a value
// that is not finite. REQUIRES: Changes().
absl::StatusOr<std::vector<std::byte>> ReduceMatrix(
    const WeightReduction& reduction, const TensorView& matrix);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_WEIGHT_REDUCTION_H_
