#include "bench/rows_bit_equal.h"

#include <cstring>
#include <vector>

#include "bench/random_matrix.h"

namespace mj {

absl::StatusOr<bool> RowsBitEqual(int64_t inputs, int64_t outputs,
                                  RowsProduct product) {
  constexpr int64_t kRows[] = {512, 64, 17, 8, 3, 2, 1};
  const std::vector<float> x = RandomFloats(kRows[0] * inputs, 3);
  std::vector<float> want, y(kRows[0] * outputs);
  for (int64_t rows : kRows) {
    for (int threads : {1, 2}) {
      const std::span<float> part = std::span(y).first(rows * outputs);
      const absl::Status status =
          product(std::span(x).first(rows * inputs), threads, part);
      if (!status.ok()) return status;
      if (want.empty()) want = y;
      if (std::memcmp(part.data(), want.data(), part.size_bytes()) != 0) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace mj
