// The rule of bits, tried on a product.
#ifndef MILLIJOULE_BENCH_ROWS_BIT_EQUAL_H_
#define MILLIJOULE_BENCH_ROWS_BIT_EQUAL_H_

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace mj {

// y [rows, outputs] = product of x [rows, inputs] on `threads` threads.
using RowsProduct = absl::FunctionRef<absl::Status(
    std::span<const float> x, int threads, std::span<float> y)>;

// Whether products of 1, 2, 3, 8, 17, 64 and 512 rows on 1 and 2 threads give
// each row the same bits. The first error of `product`, if there is one.
absl::StatusOr<bool> RowsBitEqual(int64_t inputs, int64_t outputs,
                                  RowsProduct product);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_ROWS_BIT_EQUAL_H_
