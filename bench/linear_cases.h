// Our products with weights: every type and numerics, for one row on a matrix
// that no cache holds, and for more on one that stays there.
#ifndef MILLIJOULE_BENCH_LINEAR_CASES_H_
#define MILLIJOULE_BENCH_LINEAR_CASES_H_

#include <cstdint>
#include <vector>

#include "bench/kernel_cases.h"

namespace mj {

// Rows of activations, and outputs of the weights that they meet.
struct ProductShape {
  int64_t rows = 0, outputs = 0;
  ByteSource source = ByteSource::kCache;
};
inline constexpr ProductShape kProductShapes[] = {
    {1, 32768, ByteSource::kMemory}, {8, 1024}, {64, 1024}, {512, 1024}};

// With activations of `cols` inputs. Types whose blocks do not divide `cols`
// are left out, and so are numerics that a type does not tell apart from f32.
std::vector<KernelCase> LinearCases(const KernelBench& bench, int64_t cols);

// What bounds the arithmetic of a product with this type under these numerics.
std::optional<double> MachineLimits::*PeakOf(TensorType type, Numerics numerics,
                                             const KernelTable& kernels);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LINEAR_CASES_H_
