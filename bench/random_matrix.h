// Weights that nobody trained: random codes under scales that keep every
// product finite.
#ifndef MILLIJOULE_BENCH_RANDOM_MATRIX_H_
#define MILLIJOULE_BENCH_RANDOM_MATRIX_H_

#include <cstdint>
#include <vector>

#include "hw_backends/cpu/mapped_memory.h"
#include "kernels/tensor_view.h"

namespace mj {

// The same floats for the same seed: normal, of deviation 1.
std::vector<float> RandomFloats(int64_t count, uint32_t seed);

// As a model file holds it; rows repeat.
class RandomMatrix final {
 public:
  // REQUIRES: cols is a multiple of the type's block.
  static absl::StatusOr<RandomMatrix> Make(TensorType type, int64_t rows,
                                           int64_t cols);
  TensorView view() const;

 private:
  TensorType type_ = TensorType::kF32;
  int64_t rows_ = 0, cols_ = 0;
  MappedMemory memory_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_RANDOM_MATRIX_H_
